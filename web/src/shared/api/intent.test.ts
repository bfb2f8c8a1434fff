import { afterEach, expect, it, vi } from "vitest";
import createClient from "openapi-fetch";
import { intents, keyOf, settled } from "./intent";

interface Paths {
  "/do": { post: { requestBody: { content: { "application/json": object } }; responses: { 200: { content: { "application/json": object } } } } };
}

const keys: string[] = [];
function client(...answers: Array<() => Response>) {
  keys.length = 0;
  const made = createClient<Paths>({
    baseUrl: `http://server-${String(Math.random()).slice(2)}`,
    fetch: async (request: Request) => {
      keys.push(request.headers.get("Idempotency-Key") ?? "");
      const answer = answers.shift() ?? (() => Response.json({}));
      return answer();
    },
  });
  made.use(intents);
  return (body: object = {}, headers: Record<string, string> = {}) => made.POST("/do", { body, headers });
}
const problem = (status: number, code: string) => () => Response.json({ code }, { status });
const offline = () => {
  throw new TypeError("offline");
};

afterEach(() => vi.useRealTimers());

it("gives every answered intent a key of its own", async () => {
  const press = client();
  await press();
  await press();
  expect(keys[0]).toMatch(/^[!-~]{8,100}$/);
  expect(keys[1]).not.toBe(keys[0]);
});

it.each([
  ["a lost connection", offline],
  ["a gateway in trouble", problem(502, "")],
  ["a session that ran out", problem(401, "SESSION_EXPIRED")],
  ["a confirmation asked for", problem(403, "FRESH_AUTH_NEEDED")],
  ["the first press still running", problem(409, "IDEMPOTENCY_RUNNING")],
])("keeps the key over %s", async (_, answer) => {
  const press = client(answer);
  await press().catch(() => undefined);
  await press();
  expect(keys[1]).toBe(keys[0]);
});

it("is one intent when pressed twice at once", async () => {
  const press = client();
  await Promise.all([press({ a: 1 }), press({ a: 1 })]);
  expect(keys[1]).toBe(keys[0]);
});

it("is another intent with other content, or after a refusal", async () => {
  const press = client(offline, problem(422, "INVALID"));
  await press({ a: 1 }).catch(() => undefined);
  await press({ a: 2 });
  await press({ a: 2 });
  expect(new Set(keys).size).toBe(3);
});

it("leaves a key alone that the caller chose", async () => {
  await client()({}, { "Idempotency-Key": "chosen-by-caller" });
  expect(keys).toEqual(["chosen-by-caller"]);
});

it("forgets an unanswered intent after two minutes", () => {
  const first = keyOf("POST", "/x", "", 0);
  expect(keyOf("POST", "/x", "", 119_000)).toBe(first);
  expect(keyOf("POST", "/x", "", 121_000)).not.toBe(first);
});

it("waits for the first request to end and takes its answer", async () => {
  const press = client(problem(409, "IDEMPOTENCY_RUNNING"), problem(409, "IDEMPOTENCY_RUNNING"));
  const answer = await settled(() => press(), 0);
  expect(answer.response.status).toBe(200);
  expect(new Set(keys).size).toBe(1);
});

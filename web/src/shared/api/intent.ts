/**
 * One idempotency key for one intent: what a person asks for keeps its key until a final answer has come,
 * through double clicks, a lost connection, signing in again and fresh confirmation.
 */
import type { Middleware } from "openapi-fetch";

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const HEADER = "Idempotency-Key";
/** After so long a new press is a new intent, also when the first never got an answer. */
const PATIENCE_MS = 120_000;
const STILL_RUNNING = "IDEMPOTENCY_RUNNING";

interface Intent {
  body: string;
  key: string;
  since: number;
}

const open = new Map<string, Intent>();

/** A fresh idempotency key; keep it while the same attempt is repeated. */
export function newKey(): string {
  const secure: Partial<Crypto> = crypto; // randomUUID is missing on plain http
  if (secure.randomUUID) return secure.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The key of this request: the one of the same request without an answer so far, or a new one. */
export function keyOf(method: string, url: string, body: string, now = Date.now()): string {
  const place = `${method} ${url}`;
  const known = open.get(place);
  if (known && known.body === body && now - known.since < PATIENCE_MS) return known.key;
  const key = newKey();
  open.set(place, { body, key, since: now });
  return key;
}

/** Whether the server has said its last word: not "sign in", "confirm again", "wait" or a fault on the way. */
async function isFinal(response: Response): Promise<boolean> {
  if (response.status === 401 || response.status >= 500) return false;
  if (response.status !== 403 && response.status !== 409) return true;
  const body = (await response.clone().json().catch(() => ({}))) as { code?: string };
  return body.code !== "FRESH_AUTH_NEEDED" && body.code !== STILL_RUNNING;
}

/** Names every unsafe request of the typed client; a request that has a key already keeps it. */
export const intents: Middleware = {
  async onRequest({ request }) {
    if (!UNSAFE.has(request.method) || request.headers.has(HEADER)) return request;
    const body = await request.clone().text();
    request.headers.set(HEADER, keyOf(request.method, request.url, body));
    return request;
  },
  async onResponse({ request, response }) {
    const place = `${request.method} ${request.url}`;
    if (UNSAFE.has(request.method) && open.get(place)?.key === request.headers.get(HEADER) && (await isFinal(response))) open.delete(place);
    return undefined;
  },
};

/** How often and how long to wait while the first request with the same key is still being carried out. */
export const RUNNING_TRIES = 15;

/** Repeat while the server says that the same request is running; its answer then comes for both. */
export async function settled<A extends { response: Response; error?: unknown }>(request: () => Promise<A>, pause = 1000): Promise<A> {
  let answer = await request();
  for (let tries = 1; tries < RUNNING_TRIES && isRunning(answer); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    answer = await request();
  }
  return answer;
}

const isRunning = (answer: { response: Response; error?: unknown }): boolean =>
  answer.response.status === 409 && (answer.error as { code?: string } | undefined)?.code === STILL_RUNNING;

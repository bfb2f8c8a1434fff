/** The one door to the server: typed client, refusals as `ApiError`, CSRF, sign-in again without loss. */
import createClient from "openapi-fetch";
import { reactive } from "vue";
import { intents, newKey, settled } from "./intent";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
export type ProblemField = Schemas["ProblemField"];

/** A refusal of the server, or a failure to reach it (`status` 0, code `UNREACHABLE`). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.message);
  }

  get code(): string {
    return this.problem.code;
  }

  get unreachable(): boolean {
    return this.status === 0 || this.status >= 502;
  }
}

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/** The token Django wants back on every unsafe request. */
export function csrfToken(): string {
  const found = /(?:^|;\s*)minfang_csrf=([^;]*)/.exec(document.cookie);
  return found?.[1] ? decodeURIComponent(found[1]) : "";
}

/** Headers every request of ours carries. */
export function requestHeaders(method: string): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (UNSAFE.has(method)) headers["X-CSRFToken"] = csrfToken();
  return headers;
}

export { newKey };

export const api = createClient<paths>({ baseUrl: "/", credentials: "same-origin" });

api.use({
  onRequest({ request }) {
    if (UNSAFE.has(request.method)) request.headers.set("X-CSRFToken", csrfToken());
    return request;
  },
});
api.use(intents);

/** What is said when no answer came at all. */
export function unreachable(): ApiError {
  return new ApiError(0, {
    code: "UNREACHABLE",
    message: "暂时连接不上服务器。",
    hint: "请检查网络，稍后重试；已填写的内容保留在本页面。",
    fields: [],
    trace_id: "",
  });
}

/** Turn whatever came with a bad status into an `ApiError` with words a person can use. */
export function problemOf(status: number, body: unknown): ApiError {
  const found = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem>;
  return new ApiError(status, {
    code: found.code ?? `HTTP_${status}`,
    message: found.message ?? (status >= 500 ? "系统暂时无法处理该请求。" : "请求未被接受。"),
    hint: found.hint ?? "请稍后重试；如多次出现，请拨打窗口电话并告知追踪号。",
    fields: found.fields ?? [],
    trace_id: found.trace_id ?? "",
  });
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Set while a request waits for the person to sign in again; the sign-in card is shown over the page. */
export const signInGate = reactive<{ open: boolean; reason: string }>({ open: false, reason: "" });
let waiting: Array<(signedIn: boolean) => void> = [];

/** Show the sign-in card and wait until the person has signed in (true) or given up (false). */
export function askToSignIn(reason: string): Promise<boolean> {
  signInGate.open = true;
  signInGate.reason = reason;
  return new Promise((resolve) => waiting.push(resolve));
}

/** Called by the sign-in card. */
export function closeSignIn(signedIn: boolean): void {
  signInGate.open = false;
  const resolvers = waiting;
  waiting = [];
  for (const resolve of resolvers) resolve(signedIn);
}

/** Set while a request waits for the person to confirm who they are; the confirmation card is shown over the page. */
export const confirmGate = reactive<{ open: boolean; reason: string }>({ open: false, reason: "" });
let unconfirmed: Array<(confirmed: boolean) => void> = [];

/** Show the confirmation card and wait until the person has confirmed (true) or given up (false). */
export function askToConfirm(reason: string): Promise<boolean> {
  Object.assign(confirmGate, { open: true, reason });
  return new Promise((resolve) => unconfirmed.push(resolve));
}

/** Called by the confirmation card. */
export function closeConfirm(confirmed: boolean): void {
  confirmGate.open = false;
  const resolvers = unconfirmed;
  unconfirmed = [];
  for (const resolve of resolvers) resolve(confirmed);
}

/** The card that has to be answered before a refused request is worth repeating, if there is one. */
function gateFor(error: ApiError): ((reason: string) => Promise<boolean>) | null {
  if (error.status === 401 || error.code === "SECOND_FACTOR_NEEDED" || error.code === "PASSWORD_CHANGE_NEEDED") return askToSignIn;
  return error.code === "FRESH_AUTH_NEEDED" ? askToConfirm : null;
}

async function once<T>(request: () => Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await settled(request);
  } catch {
    throw unreachable();
  }
  if (!answer.response.ok) throw problemOf(answer.response.status, answer.error);
  return answer.data as T;
}

/**
 * Run a request of the typed client: `await call(() => api.GET("/api/session"))`.
 *
 * Throws `ApiError`. When the session has run out, or identity has to be confirmed once more, a card is shown
 * over the page and the request repeated afterwards, unless `quiet`.
 */
export async function call<T>(request: () => Promise<Answer<T>>, quiet = false): Promise<T> {
  for (let cards = 0; ; cards += 1) {
    try {
      return await once(request);
    } catch (error) {
      const gate = !quiet && cards < MOST_CARDS && error instanceof ApiError ? gateFor(error) : null;
      if (!gate || !(await gate((error as ApiError).problem.message))) throw error;
    }
  }
}

/** One request may ask for a sign-in and then for a confirmation, not for more. */
const MOST_CARDS = 2;

/** Where a stored file or document is read from. */
export const fileUrl = (id: string, download = false) => `/api/files/${id}${download ? "?download=true" : ""}`;
export const documentUrl = (id: number, download = false) =>
  `/api/documents/${id}${download ? "?download=true" : ""}`;

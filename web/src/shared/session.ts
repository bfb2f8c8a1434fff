/** Who is signed in, shared by all faces. */
import { computed, reactive } from "vue";
import { api, call, type Schemas } from "./api/client";

type Session = Schemas["SessionOut"];

const state = reactive<{ loaded: boolean; value: Session | null }>({ loaded: false, value: null });
let loading: Promise<void> | null = null;

export const session = {
  loaded: computed(() => state.loaded),
  /** Whether the server has answered; without an answer nobody is taken for signed out. */
  known: computed(() => state.value !== null),
  signedIn: computed(() => state.value?.signed_in ?? false),
  demo: computed(() => state.value?.demo ?? false),
  person: computed(() => state.value?.person ?? null),
  sandboxUrl: computed(() => state.value?.sandbox_url ?? ""),
  /** What is still to be done to finish signing in: `second_factor`, `enrol`, `password`, or nothing. */
  step: computed(() => state.value?.step ?? ""),
  /** How this person can prove who they are: `totp`, `certificate`, `password`, `demo`. */
  ways: computed(() => state.value?.ways ?? []),
  /** Whoever is signing in, also before that is finished. */
  name: computed(() => state.value?.name ?? ""),
  /** Why the session here is over, when the server knows. */
  notice: computed(() => state.value?.notice ?? ""),
  today: computed(() => state.value?.today ?? ""),
  has: (permission: string) => state.value?.person?.permissions.includes(permission) ?? false,
};

function keep(value: Session): void {
  state.value = value;
  state.loaded = true;
}

/** Ask the server once who this is; `again` asks anew. Never throws; without an answer the next call asks again. */
export function loadSession(again = false): Promise<void> {
  if (loading && !again) return loading;
  loading = call(() => api.GET("/api/session"), true)
    .then(keep)
    .catch(() => {
      state.loaded = true;
      loading = null;
    });
  return loading;
}

/** Go to the city's identity platform and come back to `next`. */
export async function startSso(next: string): Promise<void> {
  const answer = await call(() => api.GET("/api/session/sso/start", { params: { query: { next } } }), true);
  window.location.assign(answer.redirect);
}

/** One-click sign-in of the demo environment. */
export async function signInAsDemo(username: string): Promise<void> {
  keep(await call(() => api.POST("/api/session/demo", { body: { username } }), true));
}

/** The first step: username and password; `session.step` says what is next. */
export async function signInWithPassword(username: string, password: string): Promise<void> {
  keep(await call(() => api.POST("/api/session/password", { body: { username, password } }), true));
}

/** The demo accounts of one face (`portal`, `office`, ...), or all. */
export async function demoAccounts(face = ""): Promise<Schemas["DemoAccount"][]> {
  const all = await call(() => api.GET("/api/session/demo-accounts"), true);
  return face ? all.filter((account) => account.face === face) : all;
}

/** Sign out and forget who it was. */
export async function signOut(): Promise<void> {
  await call(() => api.DELETE("/api/session"), true);
  await loadSession(true);
}

/** Go to the platform for public servants and come back to `next`. */
export async function startStaffSso(next: string): Promise<void> {
  const answer = await call(() => api.GET("/api/session/staff-sso/start", { params: { query: { next } } }), true);
  window.location.assign(answer.redirect);
}

/** The mobile container's one-time ticket. */
export async function signInWithTicket(ticket: string): Promise<void> {
  keep(await call(() => api.POST("/api/session/ticket", { body: { ticket } }), true));
}

/** The second step by one-time code. */
export async function proveCode(code: string): Promise<void> {
  keep(await call(() => api.POST("/api/session/totp", { body: { code } }), true));
}

/** The second step by certificate. */
export async function proveCertificate(signed: Schemas["CertificateIn"]): Promise<void> {
  keep(await call(() => api.POST("/api/session/certificate", { body: signed }), true));
}

/** Begin to set up a code generator. */
export function startGenerator(): Promise<Schemas["TotpSetup"]> {
  return call(() => api.POST("/api/session/enrol-totp"), true);
}

/** The first code of a new generator. */
export async function finishGenerator(code: string): Promise<void> {
  keep(await call(() => api.POST("/api/session/enrol-totp/confirm", { body: { code } }), true));
}

/** Change one's password. */
export async function changePassword(old: string, fresh: string): Promise<void> {
  keep(await call(() => api.POST("/api/session/new-password", { body: { old, new: fresh } }), true));
}

/** Prove once more who one is. */
export async function confirmIdentity(body: Schemas["ConfirmIn"]): Promise<void> {
  await call(() => api.POST("/api/session/confirm", { body }), true);
}

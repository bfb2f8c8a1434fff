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

/** Sign-in with username and password. */
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

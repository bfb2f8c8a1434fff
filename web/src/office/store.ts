/** What several office pages show: the desk (counts, messages) and the last result of an action. */
import { reactive, shallowReactive } from "vue";
import { api, ApiError, call, type Schemas } from "@/shared/api/client";
import { getDesk } from "./api";
import type { Desk } from "./types";

export const desk = shallowReactive<{ value: Desk | null; error: ApiError | null; loading: boolean }>({
  value: null,
  error: null,
  loading: false,
});

/** Read the desk again; a failure is kept for the page to show and does not disturb other pages. `background`: by itself. */
export async function loadDesk(background = false): Promise<void> {
  desk.loading = true;
  try {
    desk.value = await getDesk(background);
    desk.error = null;
  } catch (error) {
    if (error instanceof ApiError) desk.error = error;
  } finally {
    desk.loading = false;
  }
}

/** Messages about alarms and checks to people who watch works. */
export const watched = shallowReactive<{ messages: Schemas["AlarmMessage"][] }>({ messages: [] });

export async function loadWatched(background = false): Promise<void> {
  try {
    watched.messages = await call(() => api.GET("/api/office/alarms/messages", background ? { headers: { "X-Background": "1" } } : {}));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
}

/** Forget everything of the person who has signed out. */
export function forgetDesk(): void {
  Object.assign(desk, { value: null, error: null, loading: false });
  watched.messages = [];
  clearOutcome();
}

/** What was just done, shown on the page that opens next. */
export const outcome = reactive<{ text: string; caseId: number; caseName: string }>({ text: "", caseId: 0, caseName: "" });

export function tellOutcome(text: string, caseId: number, caseName: string): void {
  Object.assign(outcome, { text, caseId, caseName });
}

export function clearOutcome(): void {
  tellOutcome("", 0, "");
}

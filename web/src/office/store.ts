/** What several office pages show: the desk (counts, messages) and the last result of an action. */
import { reactive, shallowReactive } from "vue";
import { ApiError } from "@/shared/api/client";
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

/** Forget everything of the person who has signed out. */
export function forgetDesk(): void {
  Object.assign(desk, { value: null, error: null, loading: false });
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

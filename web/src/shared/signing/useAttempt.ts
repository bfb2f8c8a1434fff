/** One thing tried at a time, with the server's words when it is refused. */
import { ref } from "vue";
import { ApiError } from "../api/client";

export function useAttempt() {
  const busy = ref("");
  const refused = ref("");
  const fields = ref<string[]>([]);

  /** Whether it went through; the reason stands in `refused` otherwise. */
  async function attempt(name: string, work: () => Promise<unknown>): Promise<boolean> {
    busy.value = name;
    refused.value = "";
    fields.value = [];
    try {
      await work();
      return true;
    } catch (error) {
      refused.value = said(error);
      fields.value = error instanceof ApiError ? error.problem.fields.map((field) => field.message) : [];
      return false;
    } finally {
      busy.value = "";
    }
  }
  return { busy, refused, fields, attempt };
}

function said(error: unknown): string {
  if (error instanceof ApiError) return `${error.problem.message}${error.problem.hint}`;
  return error instanceof Error && error.message ? error.message : "未成功，请重试。";
}

/** Load a page's content, keep what went wrong, load again. */
import { onMounted, ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { ApiError, unreachable } from "@/shared/api/client";

export interface Loaded<T> {
  value: ShallowRef<T | null>;
  problem: ShallowRef<ApiError | null>;
  busy: Ref<boolean>;
  load: () => Promise<void>;
}

export function useLoad<T>(read: () => Promise<T>): Loaded<T> {
  const value = shallowRef<T | null>(null);
  const problem = shallowRef<ApiError | null>(null);
  const busy = ref(false);
  async function load(): Promise<void> {
    busy.value = true;
    try {
      value.value = await read();
      problem.value = null;
    } catch (error) {
      problem.value = asProblem(error);
    } finally {
      busy.value = false;
    }
  }
  onMounted(load);
  return { value, problem, busy, load };
}

export const asProblem = (error: unknown): ApiError => (error instanceof ApiError ? error : unreachable());

/** A refusal in one line. */
export const said = (error: unknown): string => `${asProblem(error).problem.message}${asProblem(error).problem.hint}`;

/** The message for each field of a refusal. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return { "": unreachable().problem.message };
  const found = Object.fromEntries(error.problem.fields.map((field) => [field.path, field.message]));
  return Object.keys(found).length ? found : { "": `${error.problem.message}${error.problem.hint}` };
}

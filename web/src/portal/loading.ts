/** Load something for a page: value, refusal, and a way to try again. */
import { ref, shallowRef, type Ref, type ShallowRef } from "vue";

export interface Loaded<T> {
  value: ShallowRef<T | null>;
  error: ShallowRef<unknown>;
  busy: Ref<boolean>;
  load: () => Promise<void>;
}

/** `load()` again replaces the value; an answer overtaken by a newer request is dropped. */
export function useLoaded<T>(fetch: () => Promise<T>): Loaded<T> {
  const value = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const busy = ref(false);
  let turn = 0;
  async function load(): Promise<void> {
    const mine = ++turn;
    busy.value = true;
    error.value = null;
    try {
      const found = await fetch();
      if (mine === turn) value.value = found;
    } catch (reason) {
      if (mine === turn) error.value = reason;
    } finally {
      if (mine === turn) busy.value = false;
    }
  }
  return { value, error, busy, load };
}

/** A list whose filters live in the address: shareable, and as they were when going back. */
import { computed, onMounted, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import { ApiError, unreachable } from "@/shared/api/client";
import type { Query } from "./api";
import { fromAddress, narrowed, toAddress } from "./query";

export interface Listed<T> {
  list: ShallowRef<T | null>;
  problem: ShallowRef<ApiError | null>;
  busy: Ref<boolean>;
  filters: ComputedRef<Query>;
  filtered: ComputedRef<boolean>;
  load: () => Promise<void>;
  change: (part: Query) => void;
  clear: () => void;
}

export function useList<T>(read: (query: Query) => Promise<T>, usual: Query): Listed<T> {
  const route = useRoute();
  const router = useRouter();
  const name = route.name;
  const list = shallowRef<T | null>(null);
  const problem = shallowRef<ApiError | null>(null);
  const busy = ref(false);
  const filters = computed(() => fromAddress(route.query, usual));
  let asked = 0;

  async function load(): Promise<void> {
    const mine = ++asked;
    busy.value = true;
    try {
      const answer = await read(filters.value);
      if (mine === asked) [list.value, problem.value] = [answer, null];
    } catch (error) {
      if (mine === asked) problem.value = error instanceof ApiError ? error : unreachable();
    } finally {
      if (mine === asked) busy.value = false;
    }
  }
  function change(part: Query): void {
    const next = { ...filters.value, ...("page" in part ? {} : { page: 1 }), ...part } as Query;
    void router.replace({ query: toAddress(next, usual) });
  }
  onMounted(load);
  watch(() => route.query, () => route.name === name && load());
  return { list, problem, busy, filters, filtered: computed(() => narrowed(filters.value, usual)), load, change, clear: () => void router.replace({ query: {} }) };
}

/** The message for each field of a refusal; under "" what belongs to none. */
export function fieldErrors(error: unknown): Record<string, string> {
  const refusal = error instanceof ApiError ? error : unreachable();
  const found = Object.fromEntries(refusal.problem.fields.map((field) => [field.path, field.message]));
  return Object.keys(found).length ? found : { "": `${refusal.problem.message}${refusal.problem.hint}` };
}

/** The filters of a list of what arrives, kept in the address. */
import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import type { Narrowed } from "./api";

export function useNarrowed(): { query: ComputedRef<Narrowed>; set: (part: Record<string, string>) => void; text: (event: Event) => string } {
  const route = useRoute();
  const router = useRouter();
  const one = (name: string): string => String(route.query[name] ?? "");
  return {
    query: computed(() => ({ keyword: one("keyword"), reason: one("reason"), page: Number(one("page")) || 1 })),
    set: (part) => void router.replace({ query: Object.fromEntries(Object.entries({ ...route.query, page: "", ...part }).filter(([, value]) => value)) }),
    text: (event) => (event.target as HTMLInputElement | HTMLSelectElement).value.trim(),
  };
}

/** Filters of a list of alarms, kept in the address bar. */
import { computed, type ComputedRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import type { Asked } from "./api";

const TEXTS = ["state", "level", "category", "works", "district", "metric", "device", "tag", "verdict", "suppressed", "since", "until", "keyword", "sort"] as const;

export interface AlarmFilters {
  asked: ComputedRef<Asked>;
  change: (part: Partial<Record<keyof Asked, string | number | boolean>>) => void;
  clear: () => void;
  filtered: ComputedRef<boolean>;
}

/** `defaults` are what the page shows without anything in the address. */
export function useFilters(defaults: Partial<Asked>): AlarmFilters {
  const route = useRoute();
  const router = useRouter();
  const one = (name: string): string | undefined => (typeof route.query[name] === "string" ? String(route.query[name]) : undefined);
  const asked = computed<Asked>(() => {
    const texts = Object.fromEntries(TEXTS.map((name) => [name, one(name) ?? defaults[name] ?? ""])) as unknown as Asked;
    return {
      ...texts,
      overdue: one("overdue") === "1",
      mine: one("mine") === "1",
      page: Math.max(1, Number(one("page")) || 1),
      size: Math.min(100, Number(one("size")) || defaults.size || 20),
    };
  });
  function change(part: Partial<Record<keyof Asked, string | number | boolean>>): void {
    const next: Record<string, unknown> = { ...asked.value, page: 1, ...part };
    const usual: Record<string, unknown> = { page: 1, size: defaults.size ?? 20, ...defaults };
    const kept = Object.entries(next).filter(([name, value]) => value !== (usual[name] ?? "") && value !== false);
    const words = kept.map(([name, value]) => [name, value === true ? "1" : String(value)]);
    const no = one("no");
    void router.replace({ query: { ...Object.fromEntries(words), ...(no ? { no } : {}) } });
  }
  const filtered = computed(() => TEXTS.some((name) => name !== "sort" && one(name) !== undefined) || asked.value.overdue || asked.value.mine);
  return { asked, change, clear: () => void router.replace({ query: {} }), filtered };
}

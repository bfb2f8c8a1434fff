import { computed, onMounted, ref, shallowRef, watch } from "vue";
import { useRoute, useRouter } from "vue-router";
import { ApiError } from "@/shared/api/client";
import { listCases } from "../api";
import type { CaseList } from "../types";
import { fromQuery, NO_FILTERS, toQuery, type CaseFilters } from "./filters";

const REMEMBERED = "mf.office.filters";

function remembered(scope: string): Record<string, string> {
  try {
    return JSON.parse(localStorage.getItem(`${REMEMBERED}.${scope}`) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}

function remember(scope: string, query: Record<string, string>): void {
  const { page: _page, keyword: _keyword, stat: _stat, ...lasting } = query;
  try {
    localStorage.setItem(`${REMEMBERED}.${scope}`, JSON.stringify(lasting));
  } catch {
    /* the address still holds them */
  }
}

/** A case list whose filters live in the address (shareable, kept when going back) and are remembered per page. */
export function useCaseList(scope: string, defaults: Partial<CaseFilters> = {}) {
  const base: CaseFilters = { ...NO_FILTERS, ...defaults };
  const route = useRoute();
  const router = useRouter();
  const path = route.path;
  const list = shallowRef<CaseList | null>(null);
  const problem = shallowRef<ApiError | null>(null);
  const loading = ref(true);
  const filters = computed(() => fromQuery(route.query, base));
  let asked = 0;

  async function load(): Promise<void> {
    const mine = ++asked;
    loading.value = true;
    try {
      const answer = await listCases(filters.value);
      if (mine === asked) [list.value, problem.value] = [answer, null];
    } catch (error) {
      if (mine === asked && error instanceof ApiError) problem.value = error;
    } finally {
      if (mine === asked) loading.value = false;
    }
  }

  /** Change filters; anything but paging starts again at the first page. */
  function change(part: Partial<CaseFilters>): void {
    const next = { ...filters.value, ...(part.page ? {} : { page: 1 }), ...part };
    const query = toQuery(next, base);
    remember(scope, query);
    void router.replace({ query });
  }

  onMounted(() => {
    const kept = remembered(scope);
    if (Object.keys(route.query).length === 0 && Object.keys(kept).length > 0) {
      void router.replace({ query: kept });
    } else void load();
  });
  watch(() => route.query, () => {
    if (route.path === path) void load();
  });
  return { filters, list, loading, problem, change, reload: load };
}

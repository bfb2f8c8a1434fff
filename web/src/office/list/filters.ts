/** The filters of the case list: one record, kept in the address and remembered between visits. */

export interface CaseFilters {
  tab: string;
  keyword: string;
  matter: string;
  light: string;
  node: string;
  status: string;
  district: string;
  due_from: string;
  due_to: string;
  /** The figure of the statistics page whose rows are listed, e.g. `district:310107,measure:open`. */
  stat: string;
  sort: string;
  page: number;
  size: number;
}

export const NO_FILTERS: CaseFilters = {
  tab: "todo",
  keyword: "",
  matter: "",
  light: "",
  node: "",
  status: "",
  district: "",
  due_from: "",
  due_to: "",
  stat: "",
  sort: "urgent",
  page: 1,
  size: 20,
};

type Query = Record<string, string | null | (string | null)[] | undefined>;

const TEXT_KEYS = [
  "tab", "keyword", "matter", "light", "node", "status", "district", "due_from", "due_to", "stat", "sort",
] as const;

const first = (value: Query[string]): string => (Array.isArray(value) ? (value[0] ?? "") : (value ?? ""));

const number = (value: string, fallback: number, most: number): number => {
  const read = Number.parseInt(value, 10);
  return Number.isFinite(read) && read >= 1 ? Math.min(read, most) : fallback;
};

/** Filters from the address; anything unreadable falls back to the default. */
export function fromQuery(query: Query, defaults: CaseFilters = NO_FILTERS): CaseFilters {
  const filters = { ...defaults };
  for (const key of TEXT_KEYS) {
    const value = first(query[key]).trim().slice(0, key === "stat" ? 400 : 100);
    if (value) filters[key] = value;
  }
  for (const key of ["due_from", "due_to"] as const) {
    if (!/^\d{4}-\d{2}-\d{2}$/.test(filters[key])) filters[key] = "";
  }
  filters.page = number(first(query.page), defaults.page, 100000);
  filters.size = number(first(query.size), defaults.size, 100);
  return filters;
}

/** The address of these filters: only what differs from the default. */
export function toQuery(filters: CaseFilters, defaults: CaseFilters = NO_FILTERS): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [key, value] of Object.entries(filters) as [keyof CaseFilters, string | number][]) {
    if (value !== defaults[key] && value !== "") query[key] = String(value);
  }
  return query;
}

/** Filters a person set by hand (tab, order and paging do not count). */
export function activeCount(filters: CaseFilters): number {
  const keys = ["keyword", "matter", "light", "node", "status", "district", "stat"] as const;
  const set = keys.filter((key) => filters[key] !== "").length;
  return set + (filters.due_from || filters.due_to ? 1 : 0);
}

/** Drop what a person set, keeping tab, order and page size. */
export function cleared(filters: CaseFilters): CaseFilters {
  return { ...NO_FILTERS, tab: filters.tab, sort: filters.sort, size: filters.size };
}

/** Turn a column's order: first ascending, then descending, then back to most urgent first. */
export function nextSort(current: string, column: string): string {
  if (current === column) return `-${column}`;
  return current === `-${column}` ? "urgent" : column;
}

/** The pages to offer: all of few, else the ends and the neighbours, 0 standing for a gap. */
export function pageNumbers(page: number, pages: number): number[] {
  if (pages <= 7) return Array.from({ length: pages }, (_, index) => index + 1);
  const near = [1, page - 1, page, page + 1, pages].filter((p) => p >= 1 && p <= pages);
  const shown = [...new Set(near)].sort((a, b) => a - b);
  return shown.flatMap((p, index) => (index > 0 && p - (shown[index - 1] ?? p) > 1 ? [0, p] : [p]));
}

/** What the statistics page asks, kept in the address; and the way from a figure to its list. */
import type { StatQuery } from "../api";

export interface Grouping {
  key: string;
  label: string;
  head: string;
  dimension: string;
}

export const GROUPINGS: [Grouping, ...Grouping[]] = [
  { key: "district", label: "按区", head: "区", dimension: "district" },
  { key: "month", label: "按月", head: "提交月份", dimension: "submitted.month" },
  { key: "status", label: "按状态", head: "状态", dimension: "status" },
  { key: "light", label: "按灯", head: "灯", dimension: "light" },
];

export const PERIODS = [
  { value: "month", label: "本月" },
  { value: "year", label: "今年" },
  { value: "months12", label: "近 12 个月" },
  { value: "last", label: "去年" },
];

/** First and last day of a period, counted from the server's today; nothing for all time. */
export function spanOf(period: string, today: string): { since?: string; until?: string } {
  const [year = 0, month = 1] = today.split("-").map(Number);
  if (!today || !year) return {};
  const two = (n: number): string => String(n).padStart(2, "0");
  if (period === "month") return { since: `${year}-${two(month)}-01`, until: today };
  if (period === "year") return { since: `${year}-01-01`, until: today };
  if (period === "last") return { since: `${year - 1}-01-01`, until: `${year - 1}-12-31` };
  if (period === "months12") {
    return { since: month === 12 ? `${year}-01-01` : `${year - 1}-${two(month + 1)}-01`, until: today };
  }
  return {};
}

export const groupingOf = (key: unknown): Grouping => GROUPINGS.find((one) => one.key === key) ?? GROUPINGS[0];

/** The list of cases a figure counted. */
export function listOf(asked: StatQuery, measure: string, key?: string): { path: string; query: Record<string, string> } {
  const terms = key === undefined ? [] : asked.dimensions.map((name) => `${name}:${key}`);
  terms.push(`measure:${measure}`);
  if (asked.since) terms.push(`since:${asked.since}`);
  if (asked.until) terms.push(`until:${asked.until}`);
  return { path: "/cases", query: { tab: "all", stat: terms.join(",") } };
}

/** How long a row's bar is, in per cent of the longest; shares are measured against the whole. */
export function barOf(value: number | null | undefined, column: (number | null | undefined)[], format: string): number {
  if (!value || value < 0) return 0;
  const longest = format === "percent" ? 1 : Math.max(...column.map((one) => one ?? 0));
  return longest > 0 ? Math.max(1, Math.round((value / longest) * 100)) : 0;
}

/** The next order of a column: largest first, smallest first, then the grouping's own. */
export function turned(sort: string, code: string): string {
  if (sort === `-${code}`) return code;
  return sort === code ? "" : `-${code}`;
}

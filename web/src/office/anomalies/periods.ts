/** Calendar months, quarters and years as people choose them. */
export type Span = "month" | "quarter" | "year";
export const SPAN_WORDS: Record<string, string> = { month: "月", quarter: "季", year: "年" };
const MONTHS: Record<Span, number> = { month: 1, quarter: 3, year: 12 };

/** The period a day (`2026-11-22`) lies in, moved by so many periods: `2026-11`, `2026-Q4`, `2026`. */
export function periodOf(span: Span, day: string, moved = 0): string {
  const [year, month] = day.split("-").map(Number) as [number, number];
  const number = Math.floor((year * 12 + month - 1) / MONTHS[span]) * MONTHS[span] + moved * MONTHS[span];
  const [y, m] = [Math.floor(number / 12), number % 12];
  if (span === "year") return String(y);
  return span === "quarter" ? `${y}-Q${m / 3 + 1}` : `${y}-${String(m + 1).padStart(2, "0")}`;
}

/** The last periods with the words for them, the present one first. */
export function lastPeriods(span: Span, day: string, count: number): { value: string; label: string }[] {
  return Array.from({ length: count }, (_, back) => periodOf(span, day, -back)).map((value) => ({ value, label: periodWords(value) }));
}

/** `2026 年 11 月`, `2026 年第 4 季度`, `2026 年`. */
export function periodWords(period: string): string {
  const [year, rest] = period.split("-");
  if (!rest) return `${year} 年`;
  return rest.startsWith("Q") ? `${year} 年第 ${rest.slice(1)} 季度` : `${year} 年 ${Number(rest)} 月`;
}

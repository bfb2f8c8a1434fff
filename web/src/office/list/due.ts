/** Spans of promise dates people filter by. */

export interface DueSpan {
  label: string;
  from: string;
  to: string;
}

const DAY = 86_400_000;
const iso = (date: Date): string => date.toISOString().slice(0, 10);
const shifted = (today: string, days: number): string => iso(new Date(Date.parse(`${today}T00:00:00Z`) + days * DAY));

/** 已超期、今天、7 天内、30 天内, counted from ``today`` (YYYY-MM-DD). */
export function dueSpans(today: string): DueSpan[] {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(today)) return [];
  return [
    { label: "已过期限", from: "", to: shifted(today, -1) },
    { label: "今天", from: today, to: today },
    { label: "7 天内", from: today, to: shifted(today, 7) },
    { label: "30 天内", from: today, to: shifted(today, 30) },
  ];
}

/** The words on the filter button. */
export function spanLabel(from: string, to: string, spans: DueSpan[]): string {
  if (!from && !to) return "不限";
  const known = spans.find((span) => span.from === from && span.to === to);
  if (known) return known.label;
  const short = (day: string): string => day.slice(5);
  if (from === to) return short(from);
  return from && to ? `${short(from)} 至 ${short(to)}` : from ? `${short(from)} 起` : `${short(to)} 前`;
}

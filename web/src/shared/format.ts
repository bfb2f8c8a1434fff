/** How numbers, areas, dates and spans are written: one place for all faces. */

export const NOTHING = "—";

/** `48620.00` → `48,620.00`; the text's own digits, no floating point; not a number → as it is. */
export function grouped(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return NOTHING;
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(String(value));
  if (!match) return String(value);
  const [, sign, whole = "", fraction = ""] = match;
  return `${sign}${whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",")}${fraction}`;
}

/** An area in ㎡ with two decimals and thousands separators, without the unit. */
export function area(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === "") return NOTHING;
  const text = String(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) return text;
  const [whole = "0", fraction = ""] = text.split(".");
  return fraction.length > 2 ? grouped(text) : grouped(`${whole}.${fraction.padEnd(2, "0")}`);
}

/** A value with its unit: `5,913.00 ㎡`; nothing stays a dash without unit. */
export function withUnit(value: string | number | null | undefined, unit: string): string {
  const text = grouped(value);
  return text === NOTHING || !unit ? text : `${text} ${unit}`;
}

const two = (n: number) => String(n).padStart(2, "0");

const SHANGHAI_MINUTES = 8 * 60;

/** A date whose local parts are those of the clocks in Shanghai at that instant, wherever the browser is. */
export function inShanghai(instant: Date): Date {
  return new Date(instant.getTime() + (SHANGHAI_MINUTES + instant.getTimezoneOffset()) * 60_000);
}

function moment(value: string | Date): Date | null {
  const day = typeof value === "string" ? /^(\d{4})-(\d{2})-(\d{2})$/.exec(value) : null;
  if (day) return new Date(Number(day[1]), Number(day[2]) - 1, Number(day[3]));
  const read = value instanceof Date ? value : new Date(value);
  return Number.isNaN(read.getTime()) ? null : inShanghai(read);
}

/** `07-14`; another year than now is written in full. */
export function shortDate(value: string | Date | null | undefined, now = new Date()): string {
  const at = value ? moment(value) : null;
  if (!at) return NOTHING;
  const day = `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return at.getFullYear() === now.getFullYear() ? day : `${at.getFullYear()}-${day}`;
}

/** `2026-07-14`. */
export function fullDate(value: string | Date | null | undefined): string {
  const at = value ? moment(value) : null;
  return at ? `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}` : NOTHING;
}

/** `14:32`. */
export function clock(value: string | Date | null | undefined): string {
  const at = value ? moment(value) : null;
  return at ? `${two(at.getHours())}:${two(at.getMinutes())}` : NOTHING;
}

/** `07-14 14:32`. */
export function dateTime(value: string | Date | null | undefined, now = new Date()): string {
  return value && moment(value) ? `${shortDate(value, now)} ${clock(value)}` : NOTHING;
}

/** `2026 年 7 月 14 日 星期二`. */
export function longDate(value: string | Date | null | undefined): string {
  const at = value ? moment(value) : null;
  if (!at) return NOTHING;
  const week = "日一二三四五六".charAt(at.getDay());
  return `${at.getFullYear()} 年 ${at.getMonth() + 1} 月 ${at.getDate()} 日 星期${week}`;
}

/** `刚刚`, `5 分钟前`, `3 小时前`, else the date. */
export function ago(value: string | Date | null | undefined, now = new Date()): string {
  const at = value ? new Date(value) : null;
  if (!at || Number.isNaN(at.getTime())) return NOTHING;
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60000);
  if (minutes < 1) return "刚刚";
  if (minutes < 60) return `${minutes} 分钟前`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} 小时前`;
  return dateTime(at, now);
}

/** `剩 2 天`, `今天到期`, `超期 1 天`. */
export function remainingDays(days: number | null | undefined): string {
  if (days === null || days === undefined) return NOTHING;
  if (days === 0) return "今天到期";
  return days > 0 ? `剩 ${days} 天` : `超期 ${-days} 天`;
}

/** `7 时 34 分` of a number of seconds. */
export function span(seconds: number): string {
  const minutes = Math.max(0, Math.floor(seconds / 60));
  if (minutes < 1) return "不足 1 分";
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  const parts = [days ? `${days} 天` : "", hours ? `${hours} 时` : "", !days && minutes % 60 ? `${minutes % 60} 分` : ""];
  return parts.filter(Boolean).join(" ");
}

/** `2.4 MB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(0)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** A share 0..1 as `97.5%`; unknown is a dash. */
export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? NOTHING : `${(share * 100).toFixed(digits)}%`;
}

/** How values of the security policy are written, read and bounded. */
import type { Schemas } from "@/shared/api/client";

export type Line = Schemas["PolicyLine"];
type Value = Line["value"];

const RATE_UNITS: Record<string, string> = { min: "分钟", h: "小时", day: "天" };

/** `是`, `15 分钟`, `每分钟 10 次`. */
export function shown(value: Value | null | undefined, unit = ""): string {
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return value ? "是" : "否";
  const rate = /^(\d+)\/(min|h|day)$/.exec(String(value));
  if (rate) return `每${RATE_UNITS[rate[2] ?? ""] ?? ""} ${rate[1]} 次`;
  return unit ? `${value} ${unit}` : String(value);
}

/** The bounds of a value in words. */
export function bounds(line: Line): string {
  if (typeof line.delivered === "boolean") return "是或否";
  if (typeof line.delivered === "string") return "次数/单位，如 10/min、5/h、10/day";
  return `${line.least ?? ""}–${line.most ?? ""} ${line.unit}`.trim();
}

/** What was typed as a value of the same kind as the delivered one; `null` when it is none. */
export function typed(line: Line, text: string): Value | null {
  if (typeof line.delivered === "boolean") return text === "true";
  if (typeof line.delivered === "string") return /^[1-9]\d{0,5}\/(min|h|day)$/.test(text.trim()) ? text.trim() : null;
  if (!/^\d{1,6}$/.test(text.trim())) return null;
  const number = Number(text);
  return number >= (line.least ?? 0) && number <= (line.most ?? Infinity) ? number : null;
}

/** One value of one field: how it counts in calculations and what is wrong with it, in the server's words. */
import { Decimal } from "../expressions";
import { grouped } from "../format";
import type { Field } from "./compiled";
import { FORMATS } from "./identifiers";
import type { Cell } from "./types";

export interface Judged {
  value: Cell;
  fault: string;
}
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

export const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (Array.isArray(value) && value.length === 0) || (typeof value === "string" && !value.trim());

function text(field: Field, raw: Cell): string {
  if (typeof raw !== "string") return `${field.label}应为文字，请重新填写。`;
  if (UNSEEN.test(raw)) return `${field.label}含有不可见的控制字符，请删除后重新填写。`;
  const tidy = raw.trim();
  const length = Array.from(tidy).length;
  const most = field.raw.max_length ?? (field.raw.type === "textarea" ? 2000 : 500);
  if (length > most) return `${field.label}最多 ${most} 个字，现有 ${length} 个字，请删减。`;
  if (field.pattern && !field.pattern.test(tidy)) return `${field.label}：${field.raw.pattern_message ?? "格式不对，请核对。"}`;
  const known = FORMATS[field.raw.format ?? ""];
  return known && !known.holds(tidy) ? `${field.label}${known.advice}。` : "";
}

function bounds(field: Field, number: Decimal): string {
  const { least, above, most } = field.bounds;
  const shown = `现填 ${grouped(number.toString())}`;
  if (least && number.compare(least) < 0) {
    const advice = least.compare(Decimal.ZERO) === 0 ? "不能为负数" : `不能小于 ${grouped(least.toString())}`;
    return `${field.label}${advice}，${shown}，请修改。`;
  }
  if (above && number.compare(above) <= 0) return `${field.label}应大于 ${grouped(above.toString())}，${shown}，请修改。`;
  if (most && number.compare(most) > 0) return `${field.label}不能大于 ${grouped(most.toString())}，${shown}，请核对。`;
  return "";
}

function number(field: Field, raw: Cell): Judged {
  const found = Decimal.ofText(String(raw).trim());
  if (!found || typeof raw === "boolean") {
    const example = field.raw.type === "integer" ? "如 12" : "如 1200.50，不要带单位";
    return { value: raw, fault: `${field.label}应为数字，${example}。` };
  }
  if (found.scale > field.scale) {
    const limit = field.scale ? `最多 ${field.scale} 位小数` : "应为整数";
    return { value: raw, fault: `${field.label}${limit}，现填 ${found}，请修改。` };
  }
  return { value: found.round(field.scale).toString(), fault: bounds(field, found) };
}

function date(field: Field, raw: Cell): string {
  const at = typeof raw === "string" && /^\d{4}-\d{2}-\d{2}$/.test(raw) ? new Date(`${raw}T00:00:00Z`) : null;
  if (!at || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== raw)
    return `${field.label}应为日期，如 2026-11-22，请重新填写。`;
  return raw < "1900" || raw > "2200-12-31" ? `${field.label}的年份应在 1900 至 2200 之间，请核对。` : "";
}

/** The value as expressions see it and a message saying what is wrong ('' when it is right). */
export function judge(field: Field, raw: Cell): Judged {
  if (isEmpty(raw)) return { value: null, fault: "" };
  switch (field.raw.type) {
    case "integer":
    case "decimal":
      return number(field, raw);
    case "boolean":
      return { value: raw, fault: typeof raw === "boolean" ? "" : `${field.label}请选择“是”或“否”。` };
    case "enum":
      return { value: raw, fault: field.labels.has(String(raw)) ? "" : `${field.label}的选项不在可选范围内，请重新选择。` };
    case "multi_enum":
      return { value: raw, fault: Array.isArray(raw) ? "" : `${field.label}请重新选择。` };
    case "date":
      return { value: raw, fault: date(field, raw) };
    default:
      return { value: typeof raw === "string" ? raw.trim() : raw, fault: text(field, raw) };
  }
}

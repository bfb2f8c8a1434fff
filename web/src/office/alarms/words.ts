/** The words and small sums of the alarm pages. */
import { clock, dateTime, inShanghai, span } from "@/shared/format";
import type { AlarmRow } from "./api";

export const LEVELS = [
  { value: "1", label: "红", weight: "重大" },
  { value: "2", label: "橙", weight: "较重" },
  { value: "3", label: "黄", weight: "一般" },
  { value: "4", label: "蓝", weight: "提示" },
];
export const CATEGORIES = [
  { value: "ENV", label: "环境" },
  { value: "GAS", label: "气体" },
  { value: "WATER", label: "涉水" },
  { value: "PROTECT", label: "防护设备" },
  { value: "VENT", label: "通风" },
  { value: "SECURITY", label: "安防" },
  { value: "POWER", label: "供电" },
  { value: "STRUCT", label: "结构" },
  { value: "DEVICE", label: "设备自身" },
];
export const STATES = [
  { value: "NEW", label: "待确认" },
  { value: "CONFIRMED", label: "已确认" },
  { value: "DISPATCHED", label: "已派单" },
  { value: "PROCESSING", label: "处置中" },
  { value: "RESOLVED", label: "已处置" },
  { value: "CLOSED", label: "已闭环" },
  { value: "FALSE_ALARM", label: "误报" },
  { value: "IGNORED", label: "已忽略" },
  { value: "TIMEOUT", label: "超时" },
];
export const VERDICTS = [
  { value: "REAL_FIXED", label: "属实，已处置" },
  { value: "REAL_PENDING", label: "属实，待处置" },
  { value: "DUPLICATE", label: "重复报警" },
  { value: "FALSE_DEVICE", label: "设备误报" },
  { value: "FALSE_ENV", label: "环境干扰" },
  { value: "FALSE_HUMAN", label: "人为触发" },
  { value: "TEST", label: "测试触发" },
];

export const levelName = (level: number): string => {
  const found = LEVELS.find((one) => one.value === String(level));
  return found ? `${found.label}色 · ${found.weight}` : "";
};

/** `10:11` today, `昨 22:40` yesterday, else `07-12 08:00`. */
export function when(value: string, now = new Date()): string {
  const days = (at: Date): number => Math.floor((inShanghai(at).getTime() - inShanghai(at).getTimezoneOffset() * 60_000) / 86_400_000);
  const back = days(now) - days(new Date(value));
  if (back === 0) return clock(value);
  return back === 1 ? `昨 ${clock(value)}` : dateTime(value, now);
}

/** What is still left of the next limit: `确认剩 3 时 53 分`, `剩 7 时 34 分`, `超 2 时`. */
export function left(row: Pick<AlarmRow, "due_at" | "due_kind" | "state" | "closed_at">, now = new Date()): string {
  if (row.closed_at) return "";
  if (row.state === "RESOLVED") return "待复核";
  if (!row.due_at) return "";
  const seconds = (new Date(row.due_at).getTime() - now.getTime()) / 1000;
  const what = row.due_kind === "CONFIRM" ? "确认" : "";
  return seconds >= 0 ? `${what}剩 ${span(seconds)}` : `${what}超 ${span(-seconds)}`;
}

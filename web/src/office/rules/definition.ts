/** A rule as the editor holds it: the grammar of the server, with words for each of its parts. */
import type { Metric, Options } from "./api";

export interface DesignValue {
  design: string;
  factor: number;
  plus: number;
  fallback: number | null;
}
export type Bound = number | DesignValue;

export interface Test {
  kind: "compare" | "frequent" | "change" | "together" | "several" | "silent";
  op?: string;
  value?: Bound;
  upper?: Bound | null;
  clear?: Bound | null;
  hold_seconds?: number;
  clear_hold_seconds?: number;
  frequency?: string | null;
  times?: number | null;
  span_seconds?: number | null;
  each?: string;
  in_a_row?: boolean;
  direction?: string;
  by?: Bound;
  other?: { metric: string; op: string; value: Bound; upper: Bound | null; place: string; fresh_seconds: number };
  at_least?: number;
  place?: string;
  fresh_seconds?: number;
  periods?: number;
}

export interface Level {
  level: number;
  when: Test[];
}

export interface Scope {
  works: string[];
  units: string[];
  devices: string[];
  districts: string[];
  management_level: string | null;
  special_rooms: boolean | null;
  rooms_named: string;
  equipment: string[];
  excluded_works: string[];
  excluded_units: string[];
  excluded_devices: string[];
}

export interface Override {
  target: string;
  number: string;
  off: boolean;
  levels: { level: number; value: number | null; upper: number | null; clear: number | null; hold_seconds: number | null }[];
}

/** Who hears next when nobody confirmed (or handled) within `after` minutes. */
export interface Step {
  after: number;
  unless: string;
  target: string;
  workdays: boolean;
}

/** What a rule says of one level; null and empty stand for the usual of the level. */
export interface Handling {
  level: number;
  receivers: string[];
  organizations: string[];
  confirm_minutes: number | null;
  handle_minutes: number | null;
  workdays: boolean;
  confirm_workdays: boolean | null;
  handle_workdays: boolean | null;
  escalate_to: string;
  escalate: Step[] | null;
  measure: string;
}

export interface Definition {
  metric: string;
  scope: Scope;
  overrides: Override[];
  levels: Level[];
  schedule: { days: string; windows: { start: number; end: number }[] };
  op_states: string[];
  dedupe: { kind: string; minutes: number; times: number; first: boolean };
  message: string;
  repeat_minutes: number | null;
  silence_clear_seconds: number | null;
  trust_doubtful: boolean;
  handling: Handling[];
  valid_from: string | null;
  valid_to: string | null;
}

export const LEVELS: Record<number, string> = { 1: "红色（重大）", 2: "橙色（较重）", 3: "黄色（一般）", 4: "蓝色（提示）" };
export const OPS: Record<string, string> = { gt: "高于", ge: "达到", lt: "低于", le: "不高于", eq: "等于", ne: "不等于", between: "介于", outside: "超出" };
export const KINDS: Record<Test["kind"], string> = {
  compare: "数值比较",
  frequent: "达到频次",
  change: "变化速率",
  together: "与另一类传感器同时",
  several: "多点同时",
  silent: "没有数据",
};
export const PLACES: Record<string, string> = { EQUIPMENT: "同一设备", ROOM: "同一房间", UNIT: "同一防护单元", WORKS: "同一工程" };
export const DAYS: Record<string, string> = { EVERYDAY: "每天", WORKDAY: "工作日", NON_WORKDAY: "非工作日" };
export const STATES: Record<string, string> = { PEACE: "平时", TRANSITION: "平急转换", EMERGENCY: "应急" };

const HAS_TWO = ["between", "outside"];
export const twoBounds = (op: string | undefined): boolean => HAS_TWO.includes(op ?? "");
export const mayClear = (op: string | undefined): boolean => ["gt", "ge", "lt", "le"].includes(op ?? "");

/** 90 → 1.5 分钟, 900 → 15 分钟, 7200 → 2 小时. */
export function lasting(seconds: number): string {
  for (const [size, name] of [[86400, "天"], [3600, "小时"], [60, "分钟"]] as const) if (seconds >= size && seconds % size === 0) return `${seconds / size} ${name}`;
  return `${seconds} 秒`;
}

export const clockOf = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
export function minuteOf(text: string): number {
  const [hour = "0", minute = "0"] = text.split(":");
  return Number(hour) * 60 + Number(minute);
}
/** 22:00–次日 06:00. */
export const windowWords = (span: { start: number; end: number }): string => `${clockOf(span.start)}–${span.end <= span.start ? "次日 " : ""}${clockOf(span.end)}`;
export const hoursWords = (schedule: Definition["schedule"]): string => {
  const whole = schedule.windows.length === 1 && schedule.windows[0]?.start === 0 && schedule.windows[0].end === 1440;
  return `${DAYS[schedule.days]}${whole ? "全时段" : ` ${schedule.windows.map(windowWords).join("、")}`}`;
};

export function boundWords(bound: Bound | null | undefined, metric: Metric | undefined, options?: Options): string {
  if (bound === null || bound === undefined) return "…";
  if (typeof bound === "number") return metric?.words[bound] ?? `${bound} ${metric?.unit ?? ""}`.trim();
  const name = options?.design.find((entry) => entry.value === bound.design)?.label ?? bound.design;
  const plus = bound.plus ? `${bound.plus > 0 ? "+" : ""}${bound.plus} ${metric?.unit ?? ""}` : "";
  return `${bound.factor === 1 ? "" : `${bound.factor} 倍`}${name}${plus}`;
}

export function scopeWords(scope: Scope): string {
  const parts: string[] = [];
  if (scope.management_level) parts.push(scope.management_level === "CITY_DIRECT" ? "市直属工程" : "区管工程");
  for (const [list, what] of [[scope.districts, "个区"], [scope.works, "个工程"], [scope.units, "个单元"], [scope.devices, "台设备"]] as const) if (list.length) parts.push(`指定 ${list.length} ${what}`);
  if (scope.special_rooms) parts.push("专用房");
  if (scope.rooms_named) parts.push(`“${scope.rooms_named}”房间`);
  const without = scope.excluded_works.length + scope.excluded_units.length + scope.excluded_devices.length;
  return `${parts.join("、") || "全部工程"}${without ? `（除外 ${without} 处）` : ""}`;
}

export function dedupeWords(dedupe: Definition["dedupe"]): string {
  if (dedupe.kind === "NONE") return "不去重，每次都推";
  if (dedupe.kind === "COUNT") return `${dedupe.first ? "首次即推，其后 " : ""}${dedupe.minutes} 分钟内每 ${dedupe.times} 次推一次`;
  return `同级 ${dedupe.minutes} 分钟内只推一次，升级立即推`;
}

/** A fresh test of a kind, keeping the comparison where both kinds have one. */
export function testOf(kind: Test["kind"], before: Test, metric: Metric): Test {
  const value = before.value ?? metric.high;
  const compare = { op: before.op ?? "gt", value, upper: before.upper ?? null, clear: before.clear ?? null, hold_seconds: before.hold_seconds ?? 0, clear_hold_seconds: before.clear_hold_seconds ?? 0 };
  if (kind === "silent") return { kind, periods: 3 };
  if (kind === "change") return { kind, direction: "either", by: typeof value === "number" ? Math.abs(value) || 1 : 1, span_seconds: 3600, hold_seconds: 0, clear_hold_seconds: 0 };
  if (kind === "frequent") return { kind, ...compare, hold_seconds: 0, frequency: null, times: 3, span_seconds: 86400, each: "reading", in_a_row: false };
  if (kind === "several") return { kind, ...compare, at_least: 2, place: "UNIT", fresh_seconds: 1800 };
  if (kind === "together") return { kind, ...compare, other: { metric: metric.code === "CURR" ? "FAN" : "CURR", op: "gt", value: 0, upper: null, place: "EQUIPMENT", fresh_seconds: 900 } };
  return { kind, ...compare };
}

export const copyOf = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

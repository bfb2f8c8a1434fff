/** The mapping of columns in the editor: guessed from names and kinds, turned into what the server keeps. */
import type { Column, LinkIn } from "./api";

export interface Draft {
  device: string;
  deviceBy: string;
  deviceConstant: string;
  ts: string;
  tsFormat: string;
  metric: string;
  metricConstant: string;
  value: string;
  wide: { column: string; metric: string }[];
  quality: string;
  fields: Record<string, string>;
  externalId: string;
  type: string;
  level: string;
  message: string;
}

export const emptyDraft = (): Draft => ({
  device: "", deviceBy: "device_id", deviceConstant: "", ts: "", tsFormat: "auto", metric: "", metricConstant: "",
  value: "", wide: [], quality: "", fields: {}, externalId: "", type: "", level: "", message: "",
});

const HINTS: Record<string, RegExp> = {
  device: /dev|sensor|equip|设备|测点|point|node/i,
  ts: /time|date|_at$|^at$|^ts$|stamp|时间|日期/i,
  metric: /type|kind|metric|item|code|类型|指标|参数/i,
  value: /val|value|data|reading|数值|^值$|读数/i,
  quality: /qual|质量/i,
  externalId: /^id$|_id$|no$|编号/i,
  level: /level|级别|等级/i,
  message: /msg|message|content|内容|描述/i,
};

/** The column whose name, and kind where one is asked for, fits best. */
export function guess(columns: Column[], role: string, kind = ""): string {
  const named = columns.filter((column) => HINTS[role]?.test(column.name));
  const fitting = kind === "time" ? named.filter((column) => column.kind === "time" || column.time_forms.length) : kind ? named.filter((column) => column.kind === kind) : named;
  return fitting[0]?.name ?? "";
}

/** A first proposal; what a person chose already stays. */
export function propose(draft: Draft, columns: Column[]): Draft {
  const has = (name: string): boolean => columns.some((column) => column.name === name);
  const keep = (now: string, role: string, kind = ""): string => (has(now) ? now : guess(columns, role, kind));
  const ts = keep(draft.ts, "ts", "time") || columns.find((column) => column.kind === "time")?.name || "";
  const forms = columns.find((column) => column.name === ts)?.time_forms ?? [];
  return {
    ...draft,
    ts,
    tsFormat: forms.includes(draft.tsFormat) ? draft.tsFormat : (forms[0] ?? "auto"),
    device: draft.deviceConstant ? "" : keep(draft.device, "device"),
    metric: draft.metricConstant || draft.wide.length ? "" : keep(draft.metric, "metric", "text"),
    value: draft.wide.length ? "" : keep(draft.value, "value") || columns.find((column) => column.kind === "number" && !column.key)?.name || "",
    quality: has(draft.quality) ? draft.quality : "",
    externalId: keep(draft.externalId, "externalId"),
    level: keep(draft.level, "level"),
    message: keep(draft.message, "message"),
  };
}

/** The mapping as the server keeps it. */
export function toMapping(draft: Draft, target: string): LinkIn["mapping"] {
  if (target === "DEVICES") return { fields: Object.fromEntries(Object.entries(draft.fields).filter(([, column]) => column)) };
  const orNull = (value: string): string | null => value || null;
  if (target === "EVENTS")
    return { external_id: draft.externalId, device: draft.device, ts: draft.ts, ts_format: draft.tsFormat, type: orNull(draft.type), level: orNull(draft.level), message: orNull(draft.message), rest: [] };
  const values = draft.wide.length
    ? draft.wide.map(({ column, metric }) => ({ column, metric: orNull(metric) }))
    : draft.value ? [{ column: draft.value, metric: draft.metric ? null : orNull(draft.metricConstant) }] : [];
  return {
    device: orNull(draft.device), device_constant: orNull(draft.deviceConstant), device_by: draft.deviceBy, ts: draft.ts, ts_format: draft.tsFormat,
    metric: draft.wide.length ? null : orNull(draft.metric), values, quality: orNull(draft.quality),
  };
}

interface Kept {
  device?: string | null;
  device_constant?: string | null;
  device_by?: string;
  ts?: string;
  ts_format?: string;
  metric?: string | null;
  values?: { column: string; metric?: string | null }[];
  quality?: string | null;
  fields?: Record<string, string>;
  external_id?: string;
  type?: string | null;
  level?: string | null;
  message?: string | null;
}

/** What was kept, for going on with. */
export function toDraft(kept: Kept): Draft {
  const values = kept.values ?? [];
  const wide = values.length > 1;
  return {
    ...emptyDraft(),
    device: kept.device ?? "", deviceConstant: kept.device_constant ?? "", deviceBy: kept.device_by ?? "device_id",
    ts: kept.ts ?? "", tsFormat: kept.ts_format ?? "auto", metric: kept.metric ?? "",
    metricConstant: wide ? "" : (values[0]?.metric ?? ""), value: wide ? "" : (values[0]?.column ?? ""),
    wide: wide ? values.map(({ column, metric }) => ({ column, metric: metric ?? "" })) : [],
    quality: kept.quality ?? "", fields: kept.fields ?? {}, externalId: kept.external_id ?? "",
    type: kept.type ?? "", level: kept.level ?? "", message: kept.message ?? "",
  };
}

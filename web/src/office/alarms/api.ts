/** The requests of the alarm pages, one function each. */
import { api, call, problemOf, requestHeaders } from "@/shared/api/client";
import type { Schemas } from "@/shared/api/client";

export type AlarmRow = Schemas["AlarmRow"];
export type AlarmList = Schemas["AlarmList"];
export type AlarmDetail = Schemas["AlarmDetail"];
export type AlarmSummary = Schemas["AlarmSummary"];
export type AlarmCurve = Schemas["AlarmCurve"];
export type AlarmTold = Schemas["AlarmTold"];
export type AlarmHappening = Schemas["AlarmHappening"];
export type AlarmActIn = Schemas["AlarmActIn"];
export type AlarmCount = Schemas["AlarmCount"];
export type AlarmBatchRow = Schemas["AlarmBatchRow"];
export type Silence = Schemas["SilenceOut"];
export type AlarmPushList = Schemas["AlarmPushList"];
export type AlarmPushRow = Schemas["AlarmPushRow"];

/** What the page asks by itself does not count as somebody being there. */
const by = (background: boolean) => (background ? { headers: { "X-Background": "1" } } : {});

export interface Asked {
  state: string;
  level: string;
  category: string;
  works: string;
  district: string;
  metric: string;
  device: string;
  tag: string;
  verdict: string;
  suppressed: string;
  since: string;
  until: string;
  overdue: boolean;
  mine: boolean;
  keyword: string;
  sort: string;
  page: number;
  size: number;
}

export const listAlarms = (query: Partial<Asked>, background = false): Promise<AlarmList> =>
  call(() => api.GET("/api/office/alarms", { params: { query }, ...by(background) }));

export const getSummary = (background = false): Promise<AlarmSummary> =>
  call(() => api.GET("/api/office/alarms/summary", by(background)));

export const getAlarm = (number: string, background = false): Promise<AlarmDetail> =>
  call(() => api.GET("/api/office/alarms/{number}", { params: { path: { number } }, ...by(background) }));

export const getCurve = (number: string, background = false): Promise<AlarmCurve> =>
  call(() => api.GET("/api/office/alarms/{number}/curve", { params: { path: { number } }, ...by(background) }));

/** Do a verb; `key` stays the same while one attempt is repeated. */
export const actOnAlarm = (number: string, body: AlarmActIn, key: string): Promise<AlarmDetail> =>
  call(() => api.POST("/api/office/alarms/{number}/act", { params: { path: { number } }, body, headers: { "Idempotency-Key": key } }));

export const actOnMany = (verb: "confirm" | "close" | "ignore", note: string, rows: AlarmRow[]): Promise<AlarmBatchRow[]> =>
  call(() =>
    api.POST("/api/office/alarms/batch", { body: { verb, note, rows: rows.map(({ number, version }) => ({ number, version })) } }),
  );

export const listTags = (): Promise<AlarmCount[]> => call(() => api.GET("/api/office/alarms/tags"));

export const tagAlarm = (number: string, add: string[], remove: string[]): Promise<AlarmDetail> =>
  call(() => api.POST("/api/office/alarms/{number}/tags", { params: { path: { number } }, body: { add, remove } }));

export async function addPhoto(number: string, file: File): Promise<Schemas["AlarmPhotoOut"][]> {
  const body = new FormData();
  body.append("file", file);
  const answer = await fetch(`/api/office/alarms/${number}/photos`, { method: "POST", headers: requestHeaders("POST"), body });
  const said: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw problemOf(answer.status, said);
  return said as Schemas["AlarmPhotoOut"][];
}

export const listSilences = (over: boolean): Promise<Silence[]> =>
  call(() => api.GET("/api/office/alarms/silences", { params: { query: { over } } }));

export const beginSilence = (body: Schemas["SilenceIn"]): Promise<Silence[]> =>
  call(() => api.POST("/api/office/alarms/silences", { body }));

export const endSilence = (silence_id: number): Promise<Silence[]> =>
  call(() => api.POST("/api/office/alarms/silences/{silence_id}/end", { params: { path: { silence_id } } }));

export const listPushes = (query: { target: string; state: string; keyword: string; page: number }): Promise<AlarmPushList> =>
  call(() => api.GET("/api/office/alarms/pushes", { params: { query } }));

export const resendPush = (push_id: number): Promise<unknown> =>
  call(() => api.POST("/api/office/alarms/pushes/{alarm_push_id}/resend", { params: { path: { alarm_push_id: push_id } } }));

/** Where the filtered list is downloaded. */
export function exportUrl(asked: Partial<Asked>, kind: "xlsx" | "csv"): string {
  const set = Object.entries(asked).filter(([name, value]) => value !== "" && value !== false && name !== "page" && name !== "size");
  return `/api/office/alarms/export.${kind}?${new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()}`;
}

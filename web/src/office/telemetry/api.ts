/** Requests of the telemetry ledger; refusals come out as `ApiError`. */
import { api, call, type Schemas } from "@/shared/api/client";

export type Series = Schemas["LedgerSeriesOut"];
export type SeriesList = Schemas["LedgerSeriesList"];
export type Curve = Schemas["SeriesCurveOut"];
export type HistoryRow = Schemas["SeriesReadingOut"];
export type LedgerOptions = Schemas["LedgerOptions"];

export interface Chosen {
  works?: number;
  metric?: string;
  category?: string;
  status?: string;
  level?: number;
  keyword?: string;
  device?: number;
}
export interface Stretch {
  since?: string;
  until?: string;
  low?: number;
  high?: number;
  quality?: number;
}

export const getOptions = () => call(() => api.GET("/api/office/telemetry/options"));
export const listSeries = (query: Chosen & { sort?: string; page?: number; size?: number }) => call(() => api.GET("/api/office/telemetry/series", { params: { query } }));
export const getSeries = (series_id: number) => call(() => api.GET("/api/office/telemetry/series/{series_id}", { params: { path: { series_id } } }));
export const listCurves = (series: number[], since: string, until: string) => call(() => api.GET("/api/office/telemetry/curves", { params: { query: { series: series.join(","), since, until } } }));
export const listHistory = (series: number[], time: Stretch, behind = "") => call(() => api.GET("/api/office/telemetry/history", { params: { query: { series: series.join(","), ...time, behind } } }));

/** Where readings are downloaded: of named series, or of all that fit the filters. */
export function exportUrl(kind: "csv" | "xlsx", what: Chosen & Stretch & { series?: string }): string {
  const set = Object.entries(what).filter(([, value]) => value !== undefined && value !== "");
  return `/api/office/telemetry/export.${kind}?${new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()}`;
}

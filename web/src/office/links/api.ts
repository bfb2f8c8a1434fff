/** Requests of the pages of data links; refusals come out as `ApiError`. */
import { api, call, type Schemas } from "@/shared/api/client";

export type Source = Schemas["SourceOut"];
export type SourceIn = Schemas["SourceIn"];
export type Link = Schemas["LinkOut"];
export type LinkDetail = Schemas["LinkDetail"];
export type LinkIn = Schemas["LinkIn"];
export type Run = Schemas["LinkRunOut"];
export type Options = Schemas["LinkOptions"];
export type Preview = Schemas["SourcePreviewOut"];
export type Column = Schemas["SourceColumnOut"];
export type Step = Schemas["ConnectionStepOut"];
export type Trial = Schemas["LinkTrialRowOut"];
export type Health = Schemas["LinkHealthOut"];
export type Refusal = Schemas["LinkRefusalOut"];
export type Day = Schemas["LinkDayOut"];

const source = (source_id: number) => ({ params: { path: { source_id } } });
const link = (link_id: number) => ({ params: { path: { link_id } } });
const run = (run_id: number) => ({ params: { path: { run_id } } });

export const getOptions = () => call(() => api.GET("/api/office/links/options"));
export type ListQuery = Record<string, string | number>;
const EVERYTHING = 500;
export const listSources = (query: ListQuery = { size: EVERYTHING }) => call(() => api.GET("/api/office/links/sources", { params: { query } }));
export const createSource = (body: SourceIn) => call(() => api.POST("/api/office/links/sources", { body }));
export const changeSource = (id: number, body: Schemas["SourceChange"]) => call(() => api.PUT("/api/office/links/sources/{source_id}", { ...source(id), body }));
export const deleteSource = (id: number) => call(() => api.DELETE("/api/office/links/sources/{source_id}", source(id)));
export const switchSource = (id: number, enabled: boolean) => call(() => api.POST("/api/office/links/sources/{source_id}/switch", { ...source(id), body: { enabled } }));
export const testSource = (id: number) => call(() => api.POST("/api/office/links/sources/{source_id}/test", source(id)));
export const listTables = (id: number) => call(() => api.GET("/api/office/links/sources/{source_id}/tables", source(id)));
export const preview = (id: number, relation: string, query: string) => call(() => api.POST("/api/office/links/sources/{source_id}/preview", { ...source(id), body: { relation, query } }));
export const listLinks = (query: ListQuery = { size: EVERYTHING }) => call(() => api.GET("/api/office/links", { params: { query } }));

/** Where a narrowed list is downloaded. */
export function exportUrl(what: "sources" | "links", query: ListQuery): string {
  const set = Object.entries(query).filter(([key, value]) => value && !["page", "size"].includes(key));
  return `/api/office/links/${what}.csv?${new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString()}`;
}
export const getLink = (id: number) => call(() => api.GET("/api/office/links/{link_id}", link(id)));
export const createLink = (body: LinkIn) => call(() => api.POST("/api/office/links", { body }));
export const changeLink = (id: number, body: Schemas["LinkChange"]) => call(() => api.PUT("/api/office/links/{link_id}", { ...link(id), body }));
export const deleteLink = (id: number) => call(() => api.DELETE("/api/office/links/{link_id}", link(id)));
export const switchLink = (id: number, enabled: boolean) => call(() => api.POST("/api/office/links/{link_id}/switch", { ...link(id), body: { enabled } }));
export const setWatermark = (id: number, value: string) => call(() => api.POST("/api/office/links/{link_id}/watermark", { ...link(id), body: { value } }));
export const startLink = (id: number) => call(() => api.POST("/api/office/links/{link_id}/start", link(id)));
export const tryLink = (body: LinkIn) => call(() => api.POST("/api/office/links/trial", { body }));

export interface RunFilter {
  link?: number;
  state?: string;
  keyword?: string;
  days?: number;
  page?: number;
  size?: number;
}
export const listRuns = (query: RunFilter) => call(() => api.GET("/api/office/links/runs", { params: { query } }));
export const runDays = (days: number) => call(() => api.GET("/api/office/links/runs/days", { params: { query: { days } } }));
export const getRun = (id: number) => call(() => api.GET("/api/office/links/runs/{run_id}", run(id)));
export const pauseRun = (id: number) => call(() => api.POST("/api/office/links/runs/{run_id}/pause", run(id)));
export const stopRun = (id: number) => call(() => api.POST("/api/office/links/runs/{run_id}/stop", run(id)));
export const resumeRun = (id: number) => call(() => api.POST("/api/office/links/runs/{run_id}/resume", run(id)));
export const retryRun = (id: number) => call(() => api.POST("/api/office/links/runs/{run_id}/retry", run(id)));
export const listRefusals = (id: number, offset: number) =>
  call(() => api.GET("/api/office/links/runs/{run_id}/refusals", { params: { path: { run_id: id }, query: { offset } } }));
export const refusalsUrl = (id: number): string => `/api/office/links/runs/${id}/refusals.csv`;

/** Requests of the live pages. What a page asks by itself does not keep a session alive. */
import { api, call, type Schemas } from "@/shared/api/client";

export type LiveWorks = Schemas["LiveWorksOut"];
export type LivePoint = Schemas["LivePointOut"];
export type LiveFigure = Schemas["LiveFigureOut"];
export type LiveUnit = Schemas["LiveUnitOut"];
export type LiveHead = Schemas["LiveHeadOut"];
export type LivePanel = Schemas["LivePanelOut"];
export type LivePeace = Schemas["LivePeaceOut"];
export type LiveEmergency = Schemas["LiveEmergencyOut"];
export type LiveMatrix = Schemas["LiveMatrixOut"];
export type LiveTrends = Schemas["LiveTrendsOut"];
export type ViewName = "peace" | "emergency" | "matrix";
export type ViewData = LivePeace | LiveEmergency | LiveMatrix;

const headers = (background: boolean): Record<string, string> => (background ? { "X-Background": "1" } : {});

export const getWhere = (): Promise<Schemas["LiveWhereOut"]> => call(() => api.GET("/api/office/live/where", { headers: headers(true) }), true);

export const getChanges = (since: string): Promise<Schemas["LiveChangesOut"]> =>
  call(() => api.GET("/api/office/live/changes", { params: { query: { since } }, headers: headers(true) }), true);

export const listWorks = (background = false): Promise<LiveWorks[]> => call(() => api.GET("/api/office/live/works", { headers: headers(background) }), background);

/** One view of one work. */
export function getView(works_id: number, view: ViewName, background = false): Promise<ViewData> {
  const options = { params: { path: { works_id } }, headers: headers(background) };
  if (view === "peace") return call(() => api.GET("/api/office/live/works/{works_id}/peace", options), background);
  if (view === "emergency") return call(() => api.GET("/api/office/live/works/{works_id}/emergency", options), background);
  return call(() => api.GET("/api/office/live/works/{works_id}/matrix", options), background);
}

export const getTrends = (works_id: number): Promise<LiveTrends> =>
  call(() => api.GET("/api/office/live/works/{works_id}/trends", { params: { path: { works_id } }, headers: headers(true) }), true);

/** Requests of the pages of what arrives. */
import { api, call, type Schemas } from "@/shared/api/client";

export type Arrival = Schemas["ArrivalOut"];
export type Letter = Schemas["DeadLetterOut"];
export type System = Schemas["ThirdSystemOut"];

export interface Narrowed {
  keyword: string;
  reason: string;
  page: number;
}
const one = (code: string) => ({ params: { path: { code } } });

export const getArrival = () => call(() => api.GET("/api/office/arrival"));
export const listLetters = (query: { keyword: string; page: number }) => call(() => api.GET("/api/office/arrival/letters", { params: { query } }));
export const listRefused = (query: Narrowed) => call(() => api.GET("/api/office/arrival/refused", { params: { query } }));
export const refusedUrl = ({ keyword, reason }: Narrowed): string => `/api/office/arrival/refused.csv?${new URLSearchParams({ keyword, reason }).toString()}`;
export const listSystems = () => call(() => api.GET("/api/office/arrival/systems"));
export const addSystem = (body: Schemas["ThirdSystemIn"]) => call(() => api.POST("/api/office/arrival/systems", { body }));
export const renewKey = (code: string) => call(() => api.POST("/api/office/arrival/systems/{code}/key", one(code)));
export const switchSystem = (code: string, enabled: boolean) => call(() => api.POST("/api/office/arrival/systems/{code}/switch", { ...one(code), body: { enabled } }));
export const listEvents = (query: { source: string; problem: boolean; page: number }) => call(() => api.GET("/api/office/arrival/events", { params: { query } }));

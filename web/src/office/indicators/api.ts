/** The requests of the indicator page, one function each. */
import { api, call, type Schemas } from "@/shared/api/client";

export type IndicatorBoard = Schemas["IndicatorBoard"];
export type IndicatorCard = Schemas["IndicatorCard"];
export type IndicatorChoice = Schemas["IndicatorChoice"];

export const getBoard = (query: { scope: string; month: string }): Promise<IndicatorBoard> =>
  call(() => api.GET("/api/office/indicators", { params: { query } }));

export const getIndicatorRows = (query: { scope: string; month: string; indicator: string; works: string; page: number }): Promise<Schemas["IndicatorRows"]> =>
  call(() => api.GET("/api/office/indicators/rows", { params: { query } }));

export const listChoices = (scope: string): Promise<IndicatorChoice[]> =>
  call(() => api.GET("/api/office/indicators/choices", { params: { query: { scope } } }));

export const setChoices = (scope: string, choices: Schemas["IndicatorChoiceIn"][]): Promise<IndicatorChoice[]> =>
  call(() => api.PUT("/api/office/indicators/choices", { params: { query: { scope } }, body: { choices } }));

export const boardUrl = (scope: string, month: string): string =>
  `/api/office/indicators/export.xlsx?${new URLSearchParams({ scope, month }).toString()}`;

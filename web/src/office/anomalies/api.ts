/** The requests of the anomaly pages, one function each. */
import { api, call, type Schemas } from "@/shared/api/client";

export type AnomalyTable = Schemas["AnomalyTable"];
export type AnomalyFigure = Schemas["AnomalyFigure"];
export type AnomalyColumn = Schemas["AnomalyColumn"];
export type AnomalyModel = Schemas["AnomalyModel"];
export type AnomalyOptions = Schemas["AnomalyOptions"];
export type AnomalyActIn = Schemas["AnomalyActIn"];
export type AnomalyLimit = Schemas["AnomalyLimit"];
export type AnomalyLimits = Schemas["AnomalyLimits"];
export type AnomalyTask = Schemas["AnomalyTask"];
export type AnomalyTaskList = Schemas["AnomalyTaskList"];
export type TaskChoices = Schemas["AnomalyTaskChoices"];
export type RowsBehind = Pick<Schemas["AnomalyRows"], "columns" | "rows" | "links" | "total" | "page" | "size">;

export interface Asked {
  span: string;
  period: string;
  district: string;
  works?: number;
  sensor: string;
  by: string;
}

export const listModels = (): Promise<AnomalyModel[]> => call(() => api.GET("/api/office/anomalies"));

export const getOptions = (): Promise<AnomalyOptions> => call(() => api.GET("/api/office/anomalies/options"));

export const getTable = (model: string, query: Asked & { state: string; sort: string; page: number }): Promise<AnomalyTable> =>
  call(() => api.GET("/api/office/anomalies/{model}", { params: { path: { model }, query } }));

export const getRows = (model: string, query: Asked & { key: string; only: string; page: number }): Promise<RowsBehind> =>
  call(() => api.GET("/api/office/anomalies/{model}/rows", { params: { path: { model }, query } }));

export const actOn = (model: string, query: Asked, body: Schemas["AnomalyActIn"]): Promise<unknown> =>
  call(() => api.POST("/api/office/anomalies/{model}/findings", { params: { path: { model }, query }, body }));

export const getLimits = (): Promise<AnomalyLimits> => call(() => api.GET("/api/office/anomalies/limits"));

/** Without numbers the shipped limit counts again. */
export const changeLimit = (category: string, body: Schemas["AnomalyLimitIn"]): Promise<AnomalyLimits> =>
  call(() => api.PUT("/api/office/anomalies/limits/{category}", { params: { path: { category } }, body }));

export const listTasks = (query: { state: string; whose: string; page: number }): Promise<AnomalyTaskList> =>
  call(() => api.GET("/api/office/anomalies/tasks", { params: { query } }));

export const getTaskChoices = (): Promise<TaskChoices> => call(() => api.GET("/api/office/anomalies/tasks/choices"));

export const getTask = (number: number): Promise<AnomalyTask> =>
  call(() => api.GET("/api/office/anomalies/tasks/{anomaly_task_id}", { params: { path: { anomaly_task_id: number } } }));

export const actOnTask = (number: number, body: Schemas["AnomalyTaskIn"]): Promise<AnomalyTask> =>
  call(() => api.POST("/api/office/anomalies/tasks/{anomaly_task_id}", { params: { path: { anomaly_task_id: number } }, body }));

/** Where the table is downloaded. */
export function exportUrl(model: string, asked: Asked): string {
  const set = Object.entries(asked).filter(([, value]) => value !== "" && value !== undefined);
  return `/api/office/anomalies/${model}/export.xlsx?${new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString()}`;
}

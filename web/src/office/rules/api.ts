/** Requests of the pages of alarm rules; refusals come out as `ApiError`. */
import { api, call, type Schemas } from "@/shared/api/client";
import type { Definition } from "./definition";

export type RuleRow = Schemas["RuleRow"];
export type Rule = Schemas["RuleDetail"];
export type Options = Schemas["RuleOptions"];
export type Metric = Schemas["RuleMetric"];
export type Frequency = Schemas["FrequencyOut"];
export type Preview = Schemas["RulePreviewOut"];
export type LiveDay = Schemas["RuleLiveDay"];
export type Compared = Schemas["RuleCompareOut"];
export type Trial = Schemas["BacktestOut"];
export type TrialDetail = Schemas["BacktestDetail"];

export interface RuleFilter {
  keyword: string;
  category: string;
  metric: string;
  state: string;
  sort: string;
  page: number;
}

const one = (rule_id: number) => ({ params: { path: { rule_id } } });
const trial = (number: number) => ({ params: { path: { number } } });
const as = (definition: Definition) => definition as unknown as Record<string, never>;

export const listRules = (query: RuleFilter) => call(() => api.GET("/api/office/rules", { params: { query: { ...query, size: 20 } } }));
export const exportUrl = (query: RuleFilter): string =>
  `/api/office/rules/export.csv?${new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString()}`;
export const getOptions = () => call(() => api.GET("/api/office/rules/options"));
export const findTargets = (kind: string, keyword: string) => call(() => api.GET("/api/office/rules/targets", { params: { query: { kind, keyword } } }));
export const getRule = (id: number) => call(() => api.GET("/api/office/rules/{rule_id}", one(id)));
export const createRule = (body: { code: string; name: string; category: string; metric: string }) => call(() => api.POST("/api/office/rules", { body }));
export const copyRule = (id: number, body: { code: string; name: string }) => call(() => api.POST("/api/office/rules/{rule_id}/copy", { ...one(id), body }));
export const newDraft = (id: number, version: number | null) => call(() => api.POST("/api/office/rules/{rule_id}/draft", { ...one(id), body: { version } }));
export const saveDraft = (id: number, edit: number, name: string, definition: Definition) =>
  call(() => api.PUT("/api/office/rules/{rule_id}/draft", { ...one(id), body: { edit, name, definition: as(definition) } }));
export const dropDraft = (id: number) => call(() => api.DELETE("/api/office/rules/{rule_id}/draft", one(id)));
export const publishRule = (id: number, edit: number, over: number | null, reason: string) =>
  call(() => api.POST("/api/office/rules/{rule_id}/publish", { ...one(id), body: { edit, over, reason } }));
export const switchRule = (id: number, enabled: boolean, reason: string) =>
  call(() => api.POST("/api/office/rules/{rule_id}/switch", { ...one(id), body: { enabled, reason } }));
export const compareVersions = (rule_id: number, old: number, fresh: number) =>
  call(() => api.GET("/api/office/rules/{rule_id}/compare", { params: { path: { rule_id }, query: { old, new: fresh } } }));
export const previewRule = (definition: Definition, device_no: string) =>
  call(() => api.POST("/api/office/rules/preview", { body: { definition: as(definition), device_no } }));
export const keepFrequency = (body: Schemas["FrequencyIn"]) => call(() => api.PUT("/api/office/rules/frequencies", { body }));
export const dropFrequency = (code: string) => call(() => api.DELETE("/api/office/rules/frequencies/{code}", { params: { path: { code } } }));
export const listTrials = (id: number) => call(() => api.GET("/api/office/rules/{rule_id}/backtests", one(id)));
export const orderTrial = (id: number, definition: Definition, start: string, end: string) =>
  call(() => api.POST("/api/office/rules/{rule_id}/backtests", { ...one(id), body: { definition: as(definition), start, end } }));
export const getTrial = (number: number) => call(() => api.GET("/api/office/rules/backtests/{number}", trial(number)));
export const cancelTrial = (number: number) => call(() => api.POST("/api/office/rules/backtests/{number}/cancel", trial(number)));

/** The office's requests, one function each; refusals come out as `ApiError`. */
import { api, call } from "@/shared/api/client";
import type { Schemas } from "@/shared/api/client";
import { toQuery, type CaseFilters } from "./list/filters";
import type {
  CaseList, Colleague, Desk, MaterialOut, MessageOut, OfficeCase, OfficeChoice, PushList, PushOut, SearchHit, StatTable,
} from "./types";

type ActIn = Schemas["ActIn"];
type ActOut = Schemas["ActOut"];

const at = (case_id: number) => ({ params: { path: { case_id } } });

export const getDesk = (background = false): Promise<Desk> => call(() => api.GET("/api/office/desk", { headers: background ? BACKGROUND : {} }));

/** What the page asks by itself does not count as somebody being there. */
const BACKGROUND = { "X-Background": "1" };

/** Filters as the server takes them: nothing for what is not set. */
function listQuery(filters: CaseFilters): Record<string, string | number> {
  const { page, size, ...texts } = filters;
  const set = Object.entries(texts).filter(([, value]) => value !== "");
  return { ...Object.fromEntries(set), page, size };
}

export const listCases = (filters: CaseFilters): Promise<CaseList> =>
  call(() => api.GET("/api/office/cases", { params: { query: listQuery(filters) } }));

/** Where the filtered list is downloaded as a workbook. */
export const exportUrl = (filters: CaseFilters): string =>
  `/api/office/cases.xlsx?${new URLSearchParams({ ...toQuery(filters), tab: filters.tab }).toString()}`;

export const getCase = (id: number): Promise<OfficeCase> =>
  call(() => api.GET("/api/office/cases/{case_id}", at(id)));

export const openCase = (id: number): Promise<unknown> =>
  call(() => api.POST("/api/office/cases/{case_id}/open", at(id)));

/** Do a verb; `key` stays the same while one attempt is repeated. */
export const act = (id: number, body: ActIn, key: string): Promise<ActOut> =>
  call(() => api.POST("/api/office/cases/{case_id}/act", { ...at(id), body, headers: { "Idempotency-Key": key } }));

export const reviewMaterial = (
  case_id: number, material_id: number, state: string, remark: string,
): Promise<MaterialOut> =>
  call(() =>
    api.POST("/api/office/cases/{case_id}/materials/{material_id}/review", {
      params: { path: { case_id, material_id } },
      body: { state, remark },
    }),
  );

/** `sign`: everybody who may be asked to sign too, otherwise who may take the step over. */
export const listColleagues = (case_id: number, purpose = ""): Promise<Colleague[]> =>
  call(() => api.GET("/api/office/cases/{case_id}/colleagues", { params: { path: { case_id }, query: { purpose } } }));

/** The offices the case may be handed to from its current step. */
export const listOffices = (id: number): Promise<OfficeChoice[]> => call(() => api.GET("/api/office/cases/{case_id}/offices", at(id)));

export const addPhrase = (text: string): Promise<string[]> =>
  call(() => api.POST("/api/office/phrases", { body: { text } }));

export interface PushFilters {
  state: string;
  platform: string;
  keyword: string;
  since: string;
  until: string;
  page: number;
  size: number;
}

export const listPushes = (filters: PushFilters): Promise<PushList> =>
  call(() => api.GET("/api/office/pushes", { params: { query: { ...filters } } }));

export const resendPush = (id: number): Promise<PushOut> =>
  call(() =>
    api.POST("/api/office/pushes/{push_id}/resend", { params: { path: { push_id: id } } }),
  );

export interface StatQuery {
  dimensions: string[];
  since?: string;
  until?: string;
  sort?: string;
}

/** A table of figures about cases. */
export const getCaseTable = (query: StatQuery): Promise<StatTable> =>
  call(() => api.GET("/api/office/datasets/{code}", { params: { path: { code: "cases" }, query } }));

/** Where the same table is downloaded as a workbook. */
export function tableExportUrl({ dimensions, ...rest }: StatQuery): string {
  const set = Object.entries(rest).filter(([, value]) => value);
  const terms = [...dimensions.map((name) => ["dimensions", name]), ...set] as string[][];
  return `/api/office/datasets/cases.xlsx?${new URLSearchParams(terms).toString()}`;
}

export const listMessages = (): Promise<MessageOut[]> => call(() => api.GET("/api/office/messages"));

export const search = (q: string): Promise<SearchHit[]> =>
  call(() => api.GET("/api/office/search", { params: { query: { q } } }), true);

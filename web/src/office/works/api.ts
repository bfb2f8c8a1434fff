/** Requests of works and devices, one function each; refusals come out as `ApiError`. */
import { api, call, csrfToken, problemOf, type Schemas } from "@/shared/api/client";

export type WorksRow = Schemas["WorksRow"];
export type WorksList = Schemas["WorksList"];
export type WorksDetail = Schemas["WorksDetail"];
export type WorksIn = Schemas["WorksIn"];
export type DeviceRow = Schemas["DeviceRow"];
export type DeviceList = Schemas["DeviceList"];
export type DeviceDetail = Schemas["DeviceDetail"];
export type DeviceIn = Schemas["DeviceIn"];
export type Options = Schemas["RegistryOptions"];
export type FacetCount = Schemas["FacetCount"];
export type HistoryEvent = Schemas["RegistryEvent"];
export type ImportPreview = Schemas["ImportPreview"];
export type ImportDone = Schemas["ImportDone"];
export type Query = Record<string, string | number | boolean>;
export type PartCode = "floor" | "unit" | "room" | "entrance" | "equipment";
export type ImportKind = "works" | "devices" | PartCode;
export type PartOut = Schemas["PartOut"];
export type Parts = Schemas["PartsOut"];
export const PART_WORDS: Record<PartCode, string> = { floor: "楼层", unit: "防护单元", room: "房间", entrance: "口部", equipment: "设施设备" };
export const PART_LISTS = { floor: "floors", unit: "units", room: "rooms", entrance: "entrances", equipment: "equipment" } as const;
export const IMPORT_WORDS: Record<ImportKind, string> = { works: "工程", devices: "传感设备", ...PART_WORDS };

const works = (works_id: number) => ({ params: { path: { works_id } } });
const device = (device_id: number) => ({ params: { path: { device_id } } });

export const listWorks = (query: Query): Promise<WorksList> => call(() => api.GET("/api/office/works", { params: { query } }));
export const getWorks = (id: number): Promise<WorksDetail> => call(() => api.GET("/api/office/works/{works_id}", works(id)));
export const getOptions = (): Promise<Options> => call(() => api.GET("/api/office/works/options"));
export const createWorks = (body: WorksIn): Promise<WorksDetail> => call(() => api.POST("/api/office/works", { body }));
export const changeWorks = (id: number, body: Schemas["WorksChange"]): Promise<WorksDetail> =>
  call(() => api.PUT("/api/office/works/{works_id}", { ...works(id), body }));
export const changeLifecycle = (id: number, body: Schemas["LifecycleIn"]): Promise<WorksDetail> =>
  call(() => api.POST("/api/office/works/{works_id}/lifecycle", { ...works(id), body }));
export const changeOpState = (id: number, body: Schemas["OpStateIn"]): Promise<WorksDetail> =>
  call(() => api.POST("/api/office/works/{works_id}/op-state", { ...works(id), body }));

const part = (works_id: number, part_kind: PartCode, part_id: number) => ({ params: { path: { works_id, part_kind, part_id } } });
export const getParts = (id: number): Promise<Parts> => call(() => api.GET("/api/office/works/{works_id}/parts", works(id)));
export const addPart = (works_id: number, part_kind: PartCode, body: Schemas["PartIn"]): Promise<WorksDetail> =>
  call(() => api.POST("/api/office/works/{works_id}/parts/{part_kind}", { params: { path: { works_id, part_kind } }, body }));
export const changePart = (works_id: number, kind: PartCode, id: number, body: Schemas["PartIn"]): Promise<WorksDetail> =>
  call(() => api.PUT("/api/office/works/{works_id}/parts/{part_kind}/{part_id}", { ...part(works_id, kind, id), body }));
export const changePartState = (works_id: number, kind: PartCode, id: number, body: Schemas["PartStateIn"]): Promise<WorksDetail> =>
  call(() => api.POST("/api/office/works/{works_id}/parts/{part_kind}/{part_id}/state", { ...part(works_id, kind, id), body }));
export const partsExportUrl = (id: number, kind: PartCode): string => `/api/office/works/${id}/parts/${kind}/export.xlsx`;

export const listDevices = (query: Query): Promise<DeviceList> => call(() => api.GET("/api/office/devices", { params: { query } }));
export const getDevice = (id: number): Promise<DeviceDetail> => call(() => api.GET("/api/office/devices/{device_id}", device(id)));
export const createDevice = (body: DeviceIn): Promise<Schemas["DeviceWithSecret"]> => call(() => api.POST("/api/office/devices", { body }));
export const changeDevice = (id: number, body: Schemas["DeviceChange"]): Promise<DeviceDetail> =>
  call(() => api.PUT("/api/office/devices/{device_id}", { ...device(id), body }));
export const changeStatus = (id: number, body: Schemas["DeviceStatusIn"]): Promise<DeviceDetail> =>
  call(() => api.POST("/api/office/devices/{device_id}/status", { ...device(id), body }));
export const calibrate = (id: number, body: Schemas["DeviceActIn"]): Promise<DeviceDetail> =>
  call(() => api.POST("/api/office/devices/{device_id}/calibrate", { ...device(id), body }));
export const maintain = (id: number, body: Schemas["DeviceActIn"]): Promise<DeviceDetail> =>
  call(() => api.POST("/api/office/devices/{device_id}/maintain", { ...device(id), body }));
export const replaceDevice = (id: number, body: Schemas["DeviceReplaceIn"]): Promise<Schemas["DeviceWithSecret"]> =>
  call(() => api.POST("/api/office/devices/{device_id}/replace", { ...device(id), body }));
export const renewSecret = (id: number): Promise<Schemas["DeviceSecret"]> =>
  call(() => api.POST("/api/office/devices/{device_id}/secret", device(id)));

/** Where a filtered list is downloaded. */
export function exportUrl(kind: ImportKind, query: Query): string {
  const set = Object.entries(query).filter(([key, value]) => value !== "" && value !== 0 && !["page", "size"].includes(key));
  return `/api/office/${kind}/export.xlsx?${new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString()}`;
}

export const templateUrl = (kind: ImportKind): string => `/api/office/works/import/${kind}/template.xlsx`;

async function posted(address: string, file: File): Promise<Response> {
  const body = new FormData();
  body.append("file", file);
  const headers = { "X-CSRFToken": csrfToken(), Accept: "application/json" };
  return fetch(address, { method: "POST", body, headers, credentials: "same-origin" });
}

async function answered<T>(address: string, file: File): Promise<T> {
  return call(async () => {
    const response = await posted(address, file);
    const data = (await response.json().catch(() => ({}))) as T;
    return response.ok ? { data, response } : { error: data, response };
  });
}

export const previewImport = (kind: ImportKind, file: File): Promise<ImportPreview> =>
  answered(`/api/office/works/import/${kind}/preview`, file);
export const carryOutImport = (kind: ImportKind, file: File, onlyGood: boolean): Promise<ImportDone> =>
  answered(`/api/office/works/import/${kind}?only_good=${onlyGood}`, file);

/** The rows to be corrected, as a file. */
export async function wrongRows(kind: ImportKind, file: File): Promise<Blob> {
  const response = await posted(`/api/office/works/import/${kind}/wrong.xlsx`, file);
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => ({})));
  return response.blob();
}

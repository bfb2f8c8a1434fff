/** The push monitor's requests, one function each; refusals come out as `ApiError`. */
import { api, call, type Schemas } from "@/shared/api/client";

export type PlatformCard = Schemas["PlatformCard"];
export type PushDetail = Schemas["PushDetail"];
export type Contradiction = Schemas["ContradictionOut"];
export type PushOut = Schemas["PushOut"];

const at = (push_id: number) => ({ params: { path: { push_id } } });

export const getPush = (id: number): Promise<PushDetail> => call(() => api.GET("/api/office/pushes/{push_id}", at(id)));

export const revealPush = (id: number, reason: string): Promise<PushDetail> =>
  call(() => api.POST("/api/office/pushes/{push_id}/reveal", { ...at(id), body: { reason } }));

export const cancelPush = (id: number, reason: string): Promise<PushOut> =>
  call(() => api.POST("/api/office/pushes/{push_id}/cancel", { ...at(id), body: { reason } }));

export const resendDead = (platform: string): Promise<Schemas["ResentOut"]> =>
  call(() => api.POST("/api/office/pushes/platforms/{platform}/resend", { params: { path: { platform } } }));

export const listContradictions = (): Promise<Contradiction[]> => call(() => api.GET("/api/office/pushes/contradictions"));

export const settleContradiction = (inbox_id: number, reason: string): Promise<Contradiction> =>
  call(() => api.POST("/api/office/pushes/contradictions/{inbox_id}/settle", { params: { path: { inbox_id } }, body: { reason } }));

/** Where the filtered list is downloaded. */
export function exportUrl(kind: "xlsx" | "csv", filters: Record<string, string | number>): string {
  const set = Object.entries(filters).filter(([key, value]) => value !== "" && key !== "page" && key !== "size");
  return `/api/office/pushes/export.${kind}?${new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString()}`;
}

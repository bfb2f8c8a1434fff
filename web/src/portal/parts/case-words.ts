/** What a row of my cases says and where its next step is. */
import type { Schemas } from "@/shared/api/client";

type Row = Pick<Schemas["PortalCaseRow"], "id" | "status" | "status_label" | "light" | "next_action">;

const EDITABLE = new Set(["DRAFT", "PREREVIEW_FAILED", "SUPPLEMENT"]);
const FINISHED = new Set(["DONE", "DELIVERED", "EVALUATED"]);

/** The light with the state's words, e.g. `审查中 · 剩 2 天`. */
export function caseLight(row: Row): { colour: string; text: string } {
  const finished = FINISHED.has(row.status);
  const words = row.light.text && row.light.text !== row.status_label ? ` · ${row.light.text}` : "";
  return { colour: finished && row.light.colour === "NONE" ? "GREEN" : row.light.colour, text: finished ? row.status_label : row.status_label + words };
}

/** Whether the applicant may still change it. */
export const canEdit = (row: Pick<Row, "status">): boolean => EDITABLE.has(row.status);

/** The most likely next thing to do with it. */
export function nextStep(row: Row): { text: string; to: string } {
  const text = row.next_action || (canEdit(row) ? "继续填写" : "看进度");
  return { text, to: canEdit(row) ? `/apply/${row.id}` : `/cases/${row.id}` };
}

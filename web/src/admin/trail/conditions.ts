/** What is looked for in the trail, kept in the address so that a search can be handed on. */
import type { LocationQuery } from "vue-router";

export const FIELDS = ["since", "until", "actor", "category", "action", "target", "result", "address", "request_id", "words"] as const;
export type Field = (typeof FIELDS)[number];
export type Conditions = Record<Field, string>;

export function emptyConditions(): Conditions {
  return Object.fromEntries(FIELDS.map((field) => [field, ""])) as Conditions;
}

/** The conditions an address names; what it does not name is open. */
export function fromQuery(query: LocationQuery): Conditions {
  const found = emptyConditions();
  for (const field of FIELDS) {
    const value = query[field];
    if (typeof value === "string") found[field] = value;
  }
  return found;
}

/** Only what narrows, for the address and for the server. */
export function narrowing(wanted: Conditions): Partial<Conditions> {
  return Object.fromEntries(FIELDS.filter((field) => wanted[field].trim()).map((field) => [field, wanted[field].trim()]));
}

/** `共 12 条`, `约 1,250,000 条`. */
export function totalWords(total: number, exact: boolean): string {
  const number = String(total).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return exact ? `共 ${number} 条` : `约 ${number} 条`;
}

/** `case:SH1` is a case; other objects are shown by the name they have in the trail. */
export function caseOf(target: string): string {
  return /^case:(.+)$/.exec(target)?.[1] ?? "";
}

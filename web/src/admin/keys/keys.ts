/** Which keys are shown in which order, and what may be done with one. */
import type { Schemas } from "@/shared/api/client";

export type Key = Schemas["KeyOut"];
export type Order = "id" | "age_days" | "held";

/** What this administrator may do with a key now. */
export type Act = "rotate" | "ask" | "withdraw" | "destroy";

export interface Rights {
  asks: boolean;
  executes: boolean;
}

export function acts(key: Key, rights: Rights): Act[] {
  if (key.purpose === "derive") return [];
  if (key.state === "ACTIVE") return rights.executes ? ["rotate"] : [];
  if (key.state !== "DECRYPT_ONLY") return [];
  if (key.asked_at) return rights.executes && !key.mine ? ["destroy"] : rights.asks ? ["withdraw"] : [];
  return rights.asks ? ["ask"] : [];
}

export interface Wanted {
  purpose: string;
  state: string;
  order: Order;
  down: boolean;
}

/** The keys wanted, in the order wanted; keys not counted yet stand last. */
export function chosen(keys: Key[], wanted: Wanted, held: Map<number, number> | null): Key[] {
  const value = (key: Key): number => (wanted.order === "held" ? (held?.get(key.id) ?? -1) : key[wanted.order]);
  return keys
    .filter((key) => (!wanted.purpose || key.purpose === wanted.purpose) && (!wanted.state || key.state === wanted.state))
    .sort((a, b) => (wanted.down ? value(b) - value(a) : value(a) - value(b)) || b.id - a.id);
}

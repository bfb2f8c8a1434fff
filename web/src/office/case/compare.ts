/** The form content over its rounds: which columns to show, and what inside a long value changed. */

import type { ComparedGroup, ComparedRow } from "../types";

/** Rounds to show, counted from 1: the last two unless all are asked for. */
export function shownRounds(rounds: number, all: boolean): number[] {
  const every = Array.from({ length: rounds }, (_, index) => index + 1);
  return all ? every : every.slice(-2);
}

/** The groups with only the changed rows, where asked; groups left empty are dropped. */
export function visibleGroups(groups: ComparedGroup[], onlyChanges: boolean): ComparedGroup[] {
  if (!onlyChanges) return groups.filter((group) => group.rows.length);
  return groups
    .map((group) => ({ ...group, rows: group.rows.filter((row) => row.kind) }))
    .filter((group) => group.rows.length);
}

/** How many rows of each kind of change there are. */
export function changeCounts(groups: ComparedGroup[]): Record<"MODIFIED" | "ADDED" | "REMOVED", number> {
  const counts = { MODIFIED: 0, ADDED: 0, REMOVED: 0 };
  for (const row of groups.flatMap((group) => group.rows)) {
    if (row.kind in counts) counts[row.kind as keyof typeof counts] += 1;
  }
  return counts;
}

export interface Piece {
  text: string;
  changed: boolean;
}

/** A value cut at its semicolons, each piece marked when the other round does not have it. */
export function pieces(value: string, other: string): Piece[] {
  const parts = value.split("；").filter(Boolean);
  if (parts.length < 2) return value ? [{ text: value, changed: false }] : [];
  const known = new Set(other.split("；"));
  return parts.map((text) => ({ text, changed: other !== "" && !known.has(text) }));
}

/** The row's value in a round (1-based); rounds before a field existed are empty. */
export const valueIn = (row: ComparedRow, round: number, rounds: number): string =>
  row.values[row.values.length - 1 - (rounds - round)] ?? "";

const WORDS: Record<string, string> = { MODIFIED: "改", ADDED: "增", REMOVED: "删" };
export const changeWord = (kind: string): string => WORDS[kind] ?? "";

/** The form content over its rounds: which columns to show, and the lines of a sub-table as a real table. */

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

/** The row's value in a round (1-based); rounds before a field existed are empty. */
export const valueIn = (row: ComparedRow, round: number, rounds: number): string =>
  row.values[row.values.length - 1 - (rounds - round)] ?? "";

const WORDS: Record<string, string> = { MODIFIED: "改", ADDED: "增", REMOVED: "删" };
export const changeWord = (kind: string): string => WORDS[kind] ?? "";

export interface Cell {
  now: string;
  before: string;
  changed: boolean;
}

export interface SubLine {
  key: string;
  kind: string;
  check: string;
  level: string;
  cells: Cell[];
}

export interface SubTable {
  path: string;
  title: string;
  columns: string[];
  lines: SubLine[];
}

/** `名称 1号楼；功能 住宅` as label → value. */
function cellsOf(value: string): Map<string, string> {
  const parts = value.split("；").filter(Boolean);
  return new Map(
    parts.map((part) => {
      const at = part.indexOf(" ");
      return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}

const prefixOf = (row: ComparedRow): string => /^(.+)\.\d+$/.exec(row.path)?.[1] ?? "";

function subTable(path: string, rows: ComparedRow[]): SubTable {
  const read = rows.map((row) => ({
    row,
    now: cellsOf(row.values[row.values.length - 1] ?? ""),
    before: cellsOf(row.values[row.values.length - 2] ?? ""),
  }));
  const columns = [...new Set(read.flatMap(({ now, before }) => [...now.keys(), ...before.keys()]))];
  const lines = read.map(({ row, now, before }) => ({
    key: row.path,
    kind: row.kind,
    check: row.check,
    level: row.check_level,
    cells: columns.map((column) => {
      const cell = { now: now.get(column) ?? "", before: before.get(column) ?? "" };
      return { ...cell, changed: row.kind === "MODIFIED" && cell.now !== cell.before };
    }),
  }));
  return { path, title: rows[0]?.label.replace(/\s*\d+$/, "") ?? "", columns, lines };
}

/** A group's single values and its sub-tables, apart. */
export function split(group: ComparedGroup): { rows: ComparedRow[]; tables: SubTable[] } {
  const paths = [...new Set(group.rows.map(prefixOf).filter(Boolean))];
  return {
    rows: group.rows.filter((row) => !prefixOf(row)),
    tables: paths.map((path) => subTable(path, group.rows.filter((row) => prefixOf(row) === path))),
  };
}

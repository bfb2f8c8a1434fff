/** The material checklist beside the preview: one line a required material, its newest version first. */

import type { MaterialOut, MaterialRule } from "../types";

export type CheckState = "OK" | "PROBLEM" | "PENDING" | "MISSING";

export interface ChecklistLine {
  code: string;
  name: string;
  required: boolean;
  state: CheckState;
  stateLabel: string;
  note: string;
  current: MaterialOut | null;
  versions: MaterialOut[];
}

const REPLACED = "REPLACED";

export function checkState(material: MaterialOut | null): CheckState {
  if (!material) return "MISSING";
  if (material.state === "ACCEPTED") return "OK";
  return material.state === "REJECTED" ? "PROBLEM" : "PENDING";
}

function noteOf(current: MaterialOut | null, count: number, generated: boolean): string {
  if (!current) return generated ? "系统生成" : "未提交";
  if (current.waiver) return current.waiver_label;
  if (generated) return "系统生成";
  const pieces = [count > 1 ? `第 ${count} 版` : "", current.file?.extension.toUpperCase() ?? ""];
  return pieces.filter(Boolean).join(" · ");
}

function line(code: string, rule: MaterialRule | undefined, all: MaterialOut[]): ChecklistLine {
  const versions = all.filter((m) => m.code === code).sort((a, b) => b.round - a.round || b.id - a.id);
  const current = versions.find((m) => m.state !== REPLACED) ?? null;
  const state = checkState(current);
  return {
    code,
    name: rule?.name ?? current?.file?.name ?? code,
    required: rule?.required ?? false,
    state,
    stateLabel: state === "MISSING" ? (rule?.required ? "缺件" : "未交") : (current?.state_label ?? ""),
    note: noteOf(current, versions.length, rule?.generated ?? false),
    current,
    versions,
  };
}

/** Lines in the order of the checklist; what was handed in beyond it comes last. */
export function checklist(rules: MaterialRule[], materials: MaterialOut[]): ChecklistLine[] {
  const codes = [...new Set([...rules.map((rule) => rule.code), ...materials.map((m) => m.code)])];
  return codes
    .map((code) => line(code, rules.find((rule) => rule.code === code), materials))
    .filter((entry) => entry.current || entry.required);
}

/** The next line after ``code`` that still waits to be checked, going round once. */
export function nextToCheck(lines: ChecklistLine[], code: string): ChecklistLine | null {
  const at = lines.findIndex((entry) => entry.code === code);
  const after = [...lines.slice(at + 1), ...lines.slice(0, Math.max(at, 0))];
  return after.find((entry) => entry.state === "PENDING") ?? null;
}

export interface ChecklistTotals {
  total: number;
  checked: number;
  waiting: number;
  problems: number;
  missing: number;
  waived: number;
}

export function totals(lines: ChecklistLine[]): ChecklistTotals {
  const count = (state: CheckState): number => lines.filter((entry) => entry.state === state).length;
  return {
    total: lines.length,
    checked: count("OK"),
    waiting: count("PENDING"),
    problems: count("PROBLEM"),
    missing: lines.filter((entry) => entry.state === "MISSING" && entry.required).length,
    waived: lines.filter((entry) => entry.current?.waiver).length,
  };
}

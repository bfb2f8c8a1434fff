/** What an applicant can be asked to complete: any form field and any material of the checklist. */

import type { OfficeCase, SupplementItem } from "../types";
import { checklist } from "./checklist";

export interface Candidate {
  kind: "field" | "material";
  path: string;
  label: string;
  group: string;
  now: string;
}

/** Everything that may be asked for, materials first. */
export function candidates(value: OfficeCase): Candidate[] {
  const materials = value.material_rules
    .filter((rule) => !rule.generated)
    .map((rule): Candidate => {
      const line = checklist(value.material_rules, value.materials).find((one) => one.code === rule.code);
      return { kind: "material", path: rule.code, label: `${rule.code} ${rule.name}`, group: "材料", now: line?.stateLabel ?? "未交" };
    });
  const fields = value.groups.flatMap((group) =>
    group.rows.map((row): Candidate => {
      const now = row.values[row.values.length - 1] ?? "";
      return { kind: "field", path: row.path, label: row.label, group: group.title, now: now && row.unit ? `${now} ${row.unit}` : now };
    }),
  );
  return [...materials, ...fields];
}

/** The notice starts with what was already marked: materials with a problem, missing ones, failed checks. */
export function startingItems(value: OfficeCase): SupplementItem[] {
  const marked = checklist(value.material_rules, value.materials)
    .filter((line) => line.state === "PROBLEM" || (line.state === "MISSING" && line.required))
    .filter((line) => !value.material_rules.find((rule) => rule.code === line.code)?.generated)
    .map((line) => ({
      kind: "material",
      path: line.code,
      label: `${line.code} ${line.name}`,
      request: line.current?.remark || (line.state === "MISSING" ? `请补交${line.name}。` : ""),
    }));
  const failed = value.groups
    .flatMap((group) => group.rows)
    .filter((row) => row.check_level.toLowerCase() === "error")
    .map((row) => ({ kind: "field", path: row.path, label: row.label, request: row.check }));
  return [...marked, ...failed];
}

/** What keeps the notice from being sent, in words. */
export function complaints(items: SupplementItem[]): string[] {
  if (!items.length) return ["请至少选择一项需要补正的内容。"];
  return items.filter((item) => !item.request.trim()).map((item) => `请写明“${item.label}”的补正要求。`);
}

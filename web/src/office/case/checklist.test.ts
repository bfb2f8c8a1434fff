import { describe, expect, it } from "vitest";
import type { MaterialOut, MaterialRule } from "../types";
import { checklist, nextToCheck, totals } from "./checklist";

const rule = (code: string, over: Partial<MaterialRule> = {}): MaterialRule => ({
  code, name: `材料${code}`, required: true, formats: ["pdf"], max_mb: 100, waiver: "", waiver_label: "", hint: "", generated: false, ...over,
});
const material = (id: number, code: string, state: string, over: Partial<MaterialOut> = {}): MaterialOut => ({
  id, code, round: 1, waiver: "", waiver_label: "", waiver_reference: "", state, state_label: state, remark: "", added_at: "2026-07-03T00:00:00Z",
  file: { id: `f${id}`, name: `${code}.pdf`, size: 1, media_type: "application/pdf", extension: "pdf", scan_state: "CLEAN", scan_label: "病毒扫描通过" }, ...over,
});

describe("the material checklist", () => {
  const rules = [rule("A"), rule("B"), rule("C", { required: false }), rule("D")];
  const materials = [
    material(1, "A", "ACCEPTED"),
    material(2, "B", "REPLACED"),
    material(3, "B", "PENDING", { round: 2 }),
    material(4, "X", "REJECTED"),
  ];
  const lines = checklist(rules, materials);

  it("has one line a required or handed-in material, the newest version first", () => {
    expect(lines.map((line) => [line.code, line.state])).toEqual([["A", "OK"], ["B", "PENDING"], ["D", "MISSING"], ["X", "PROBLEM"]]);
    expect(lines[1]?.current?.id).toBe(3);
    expect(lines[1]?.versions).toHaveLength(2);
    expect(lines[1]?.note).toContain("第 2 版");
  });
  it("goes to the next one waiting, round the end, and stops when none waits", () => {
    expect(nextToCheck(lines, "D")?.code).toBe("B");
    expect(nextToCheck(lines, "B")).toBeNull();
  });
  it("counts what is checked, waits, is wrong and is missing", () => {
    expect(totals(lines)).toMatchObject({ total: 4, checked: 1, waiting: 1, problems: 1, missing: 1 });
  });
});

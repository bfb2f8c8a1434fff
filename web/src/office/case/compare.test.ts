import { describe, expect, it } from "vitest";
import type { ComparedGroup, ComparedRow } from "../types";
import { changeCounts, shownRounds, split, valueIn, visibleGroups } from "./compare";

const row = (path: string, values: string[], kind = ""): ComparedRow => ({ path, label: path, unit: "", values, kind, check: "", check_level: "" });
const group = (rows: ComparedRow[]): ComparedGroup => ({ key: "g", title: "组", changes: rows.filter((one) => one.kind).length, rows });

describe("content over rounds", () => {
  it("shows the last two rounds unless all are asked for", () => {
    expect(shownRounds(1, false)).toEqual([1]);
    expect(shownRounds(4, false)).toEqual([3, 4]);
    expect(shownRounds(3, true)).toEqual([1, 2, 3]);
  });
  it("aligns values to the newest round where a field came later", () => {
    const late = row("x", ["新"], "ADDED");
    expect(valueIn(late, 2, 2)).toBe("新");
    expect(valueIn(late, 1, 2)).toBe("");
  });
  it("keeps only changes where asked and counts them by kind", () => {
    const groups = [group([row("a", ["1", "2"], "MODIFIED"), row("b", ["1", "1"])]), group([row("c", ["1", "1"])])];
    expect(visibleGroups(groups, true).map((one) => one.rows.length)).toEqual([1]);
    expect(visibleGroups(groups, false)).toHaveLength(2);
    expect(changeCounts(groups)).toEqual({ MODIFIED: 1, ADDED: 0, REMOVED: 0 });
  });
  it("makes a table of a sub-table's lines and marks the changed cells", () => {
    const { rows, tables } = split(
      group([
        row("name", ["甲", "甲"]),
        row("units.0", ["编号 F01；面积 2,064.00 ㎡", "编号 F01；面积 1,884.00 ㎡；备注 已调整"], "MODIFIED"),
        row("units.1", ["", "编号 F02；面积 900.00 ㎡"], "ADDED"),
      ]),
    );
    expect(rows.map((one) => one.path)).toEqual(["name"]);
    expect(tables[0]?.columns).toEqual(["编号", "面积", "备注"]);
    expect(tables[0]?.lines[0]?.cells.map((cell) => cell.changed)).toEqual([false, true, true]);
    expect(tables[0]?.lines[0]?.cells[1]).toMatchObject({ now: "1,884.00 ㎡", before: "2,064.00 ㎡" });
    expect(tables[0]?.lines[1]?.cells[1]?.now).toBe("900.00 ㎡");
  });
});

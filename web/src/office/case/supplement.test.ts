import { describe, expect, it } from "vitest";
import type { OfficeCase } from "../types";
import { candidates, complaints, startingItems } from "./supplement";

const value = {
  material_rules: [
    { code: "M1", name: "申请表", required: true, generated: true },
    { code: "M3", name: "平面图", required: true, generated: false },
    { code: "M4", name: "计算书", required: true, generated: false },
  ],
  materials: [{ id: 1, code: "M3", round: 1, state: "REJECTED", state_label: "有问题", remark: "未标标高", waiver: "", file: null, added_at: "" }],
  groups: [
    {
      key: "g", title: "防护单元", changes: 0,
      rows: [
        { path: "design_area", label: "设计面积", unit: "㎡", values: ["10"], kind: "", check: "小于应建面积", check_level: "error" },
        { path: "floors", label: "层数", unit: "", values: ["1"], kind: "", check: "", check_level: "" },
      ],
    },
  ],
} as unknown as OfficeCase;

describe("a supplement notice", () => {
  it("offers every field and every material that is not made by the system", () => {
    expect(candidates(value).map((one) => `${one.kind}:${one.path}`)).toEqual(["material:M3", "material:M4", "field:design_area", "field:floors"]);
    expect(candidates(value)[2]?.now).toBe("10 ㎡");
  });
  it("starts with what was found wrong or missing", () => {
    expect(startingItems(value)).toEqual([
      { kind: "material", path: "M3", label: "M3 平面图", request: "未标标高" },
      { kind: "material", path: "M4", label: "M4 计算书", request: "请补交计算书。" },
      { kind: "field", path: "design_area", label: "设计面积", request: "小于应建面积" },
    ]);
  });
  it("is not sent empty or without a request for each item", () => {
    expect(complaints([])).toHaveLength(1);
    expect(complaints([{ kind: "field", path: "a", label: "甲", request: " " }])[0]).toContain("甲");
    expect(complaints([{ kind: "field", path: "a", label: "甲", request: "改" }])).toEqual([]);
  });
});

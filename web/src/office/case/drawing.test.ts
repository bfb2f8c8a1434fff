import { describe, expect, it } from "vitest";
import { captionOf, kindOf, namesOf, strip, type RawDrawing } from "./drawing";

const node = (code: string, x: number, state: "done" | "current" | "todo", extra: object = {}) => ({
  code, name: code, kind: "task", x, y: 0, width: 96, height: 44, state, people: [], dates: [], ...extra,
});
const drawing: RawDrawing = {
  nodes: [
    node("S", 0, "done", { kind: "start" }),
    node("受理", 100, "done", { people: ["沈嘉禾", "沈嘉禾"], dates: ["2026-06-26", "2026-07-06"] }),
    node("G", 200, "done", { kind: "exclusive" }),
    node("审查", 300, "current", { people: ["沈嘉禾"], dates: ["2026-07-06"] }),
    node("E", 400, "todo", { kind: "end" }),
    node("不予受理", 300, "todo", { kind: "end", y: 84 }),
  ],
  loops: [{ name: "补正 1 轮", from: "受理", to: "受理", state: "done", detail: "06-26 告知，07-03 补齐，停钟 5 日" }],
};

describe("the process strip", () => {
  it("draws the usual way from left to right without overlapping", () => {
    const { nodes, width } = strip(drawing);
    expect(nodes.map((one) => one.id)).toEqual(["S", "受理", "G", "审查", "E"]);
    nodes.slice(1).forEach((one, index) => {
      const before = nodes[index];
      expect(one.x - one.w / 2).toBeGreaterThan((before?.x ?? 0) + (before?.w ?? 0) / 2);
    });
    expect(width).toBeGreaterThan(nodes[nodes.length - 1]?.x ?? 0);
  });
  it("shows the side way that was taken instead of what it skipped", () => {
    const refused = structuredClone(drawing);
    refused.nodes?.forEach((one) => {
      if (one.code === "不予受理") one.state = "done";
      if (one.code === "审查") one.state = "todo";
    });
    expect(strip(refused).nodes.map((one) => one.id)).toEqual(["S", "受理", "G", "不予受理"]);
  });
  it("counts the day of the current step where the clock runs", () => {
    const current = strip(drawing, "第 6 日").nodes.find((one) => one.state === "current");
    expect(current?.caption).toBe("沈嘉禾 · 第 6 日");
  });
  it("leads a supplement loop from the gateway behind the step back before it", () => {
    const { loops, nodes } = strip(drawing);
    const step = nodes.find((one) => one.id === "受理");
    expect(loops).toHaveLength(1);
    expect(loops[0]?.left).toBeLessThan((step?.x ?? 0) - (step?.w ?? 0) / 2);
    expect(loops[0]?.detail).toContain("停钟 5 日");
    expect(loops[0]?.path.startsWith(`M${nodes.find((one) => one.id === "G")?.x} `)).toBe(true);
  });
  it("leads a return to the earlier step, and leaves out loops and notes that would lie over one another", () => {
    const returned = structuredClone(drawing);
    const loop = { name: "退回 1 次", state: "done" as const, detail: "07-07 范知远" };
    returned.loops?.push({ ...loop, from: "E", to: "审查" }, { ...loop, from: "审查", to: "受理" });
    const { loops, nodes } = strip(returned);
    expect(loops.map((one) => one.label)).toEqual(["补正 1 轮", "退回 1 次"]);
    expect(loops[0]?.detail).toBe("");
    expect(loops[1]?.right).toBe(nodes.find((one) => one.id === "E")?.x);
  });
  it("is empty for a drawing without nodes", () => {
    expect(strip({})).toEqual({ nodes: [], edges: [], loops: [], width: 0 });
  });
});

describe("captions", () => {
  it("names everyone once and the last two days", () => {
    expect(captionOf(["沈嘉禾", "沈嘉禾"], ["2026-06-26", "2026-07-06"])).toBe("沈嘉禾 06-26 / 07-06");
    expect(namesOf(["甲", "乙", "丙"])).toBe("甲、乙等");
    expect(captionOf([], [])).toBe("");
  });
  it("knows gateways from steps", () => {
    expect([kindOf("exclusive"), kindOf("fork"), kindOf("system"), kindOf("end")]).toEqual(["gateway", "gateway", "task", "end"]);
  });
});

import { describe, expect, it } from "vitest";
import { bounds, shown, typed, type Line } from "./policy";

const line = (delivered: Line["delivered"], more: Partial<Line> = {}): Line => ({ key: "k", group: "g", label: "l", unit: "分钟", value: delivered, delivered, least: 5, most: 60, ...more });

describe("values of the security policy", () => {
  it("are written in words", () => {
    expect(shown(true)).toBe("是");
    expect(shown(15, "分钟")).toBe("15 分钟");
    expect(shown("10/min")).toBe("每分钟 10 次");
    expect(shown("5/h")).toBe("每小时 5 次");
    expect(shown(undefined)).toBe("—");
  });
  it("tell their bounds", () => {
    expect(bounds(line(15))).toBe("5–60 分钟");
    expect(bounds(line(true))).toBe("是或否");
  });
  it("are taken only within bounds and of the right kind", () => {
    expect(typed(line(15), "30")).toBe(30);
    expect(typed(line(15), "4")).toBeNull();
    expect(typed(line(15), "61")).toBeNull();
    expect(typed(line(15), "many")).toBeNull();
    expect(typed(line("10/min"), "20/h")).toBe("20/h");
    expect(typed(line("10/min"), "20")).toBeNull();
    expect(typed(line(true), "false")).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { lastPeriods, periodOf, periodWords } from "./periods";

describe("periods", () => {
  it("crosses years", () => {
    expect(periodOf("month", "2026-01-15", -1)).toBe("2025-12");
    expect(periodOf("quarter", "2026-02-01", -1)).toBe("2025-Q4");
    expect(periodOf("year", "2026-11-22")).toBe("2026");
    expect(lastPeriods("month", "2026-11-22", 2).map((one) => one.value)).toEqual(["2026-11", "2026-10"]);
  });
  it("is said in words", () => {
    expect(periodWords("2026-Q4")).toBe("2026 年第 4 季度");
    expect(periodWords("2026-03")).toBe("2026 年 3 月");
  });
});

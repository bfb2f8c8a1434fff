import { describe, expect, it } from "vitest";
import { figure, lineOf } from "./figures";

describe("figures of indicators", () => {
  it("are written by their format, and no figure is no zero", () => {
    expect(figure(0.905, "percent")).toBe("90.5%");
    expect(figure(null, "count")).toBe("—");
    expect(figure(0, "count")).toBe("0");
  });
  it("are drawn without joining months that have none", () => {
    expect(lineOf([0, null, 1, 0.5], 30, 10, 1)).toBe("M0.0 10.0 M20.0 0.0 L30.0 5.0");
  });
});

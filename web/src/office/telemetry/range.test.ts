import { describe, expect, it } from "vitest";
import { rangeOf } from "./range";
import { broken } from "./lines";

describe("stretches of time", () => {
  it("count back from now", () => {
    const now = new Date("2026-03-01T00:00:00Z");
    expect(rangeOf("7d", now)).toEqual({ since: "2026-02-22T00:00:00.000Z", until: "2026-03-01T00:00:01.000Z" });
  });
  it("are read as Shanghai time where typed", () => {
    expect(new Date(rangeOf("2026-03-01T08:00~2026-03-02T08:00").since).toISOString()).toBe("2026-03-01T00:00:00.000Z");
  });
});

describe("a curve", () => {
  const base = { series_id: 1, label: "", metric: "TEMP", unit: "℃", normal_low: null, normal_high: null };
  it("is broken where readings are missing for longer than the gap of its metric", () => {
    const curve = { ...base, max_gap: 900, grain: 0, at: [0, 300_000, 2_000_000], low: [1, 2, 3], mean: [1, 2, 3], high: [1, 2, 3] };
    expect(broken(curve, "mean")).toEqual([[0, 1], [300_000, 2], [300_001, null], [2_000_000, 3]]);
  });
  it("takes the width of its bins for a gap where that is wider", () => {
    const curve = { ...base, max_gap: 900, grain: 3600, at: [0, 3_600_000], low: [1, 2], mean: [1, 2], high: [1, 2] };
    expect(broken(curve, "mean")).toHaveLength(2);
  });
});

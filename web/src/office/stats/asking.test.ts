import { describe, expect, it } from "vitest";
import { barOf, groupingOf, listOf, spanOf, turned } from "./asking";

describe("the statistics page's questions", () => {
  it("counts periods from the server's today", () => {
    expect(spanOf("month", "2026-07-14")).toEqual({ since: "2026-07-01", until: "2026-07-14" });
    expect(spanOf("year", "2026-07-14")).toEqual({ since: "2026-01-01", until: "2026-07-14" });
    expect(spanOf("last", "2026-07-14")).toEqual({ since: "2025-01-01", until: "2025-12-31" });
    expect(spanOf("months12", "2026-07-14")).toEqual({ since: "2025-08-01", until: "2026-07-14" });
    expect(spanOf("months12", "2026-12-14")).toEqual({ since: "2026-01-01", until: "2026-12-14" });
    expect(spanOf("", "2026-07-14")).toEqual({});
    expect(spanOf("year", "")).toEqual({});
  });
  it("leads from a figure to its list", () => {
    const asked = { dimensions: ["submitted.month"], since: "2026-01-01", until: "2026-07-14" };
    expect(listOf(asked, "open", "2026-03").query).toEqual({
      tab: "all",
      stat: "submitted.month:2026-03,measure:open,since:2026-01-01,until:2026-07-14",
    });
    expect(listOf({ dimensions: ["district"] }, "open").query.stat).toBe("measure:open");
    expect(listOf({ dimensions: ["decision"] }, "open", "").query.stat).toBe("decision:,measure:open");
  });
  it("measures bars against the longest, shares against the whole", () => {
    expect(barOf(5, [5, 10, null], "count")).toBe(50);
    expect(barOf(0.25, [0.25, 0.5], "percent")).toBe(25);
    expect(barOf(null, [1], "count")).toBe(0);
    expect(barOf(0, [0, 0], "count")).toBe(0);
  });
  it("turns a column down, up and back", () => {
    expect(turned("", "open")).toBe("-open");
    expect(turned("-open", "open")).toBe("open");
    expect(turned("open", "open")).toBe("");
    expect(groupingOf("nothing").key).toBe("district");
  });
});

import { describe, expect, it } from "vitest";
import { dueSpans, spanLabel } from "./due";
import { activeCount, cleared, fromQuery, nextSort, NO_FILTERS, pageNumbers, toQuery } from "./filters";

describe("filters in the address", () => {
  it("round-trips what a person set and leaves out the rest", () => {
    const set = { ...NO_FILTERS, tab: "done", light: "RED", keyword: "桃浦", page: 3 };
    const query = toQuery(set);
    expect(query).toEqual({ tab: "done", light: "RED", keyword: "桃浦", page: "3" });
    expect(fromQuery(query)).toEqual(set);
    expect(toQuery(NO_FILTERS)).toEqual({});
  });
  it("falls back on anything unreadable", () => {
    const read = fromQuery({ page: "-2", size: "9999", due_from: "明天", keyword: ["甲", "乙"] });
    expect(read).toMatchObject({ page: 1, size: 100, due_from: "", keyword: "甲" });
    expect(fromQuery({ size: "abc" }, { ...NO_FILTERS, size: 10 }).size).toBe(10);
  });
  it("counts and clears only what narrows the list", () => {
    const set = { ...NO_FILTERS, tab: "all", sort: "due", light: "RED", due_from: "2026-07-14", due_to: "2026-07-14" };
    expect(activeCount(set)).toBe(2);
    expect(cleared(set)).toEqual({ ...NO_FILTERS, tab: "all", sort: "due" });
  });
  it("turns a column up, down, and back to urgency", () => {
    expect(nextSort("urgent", "due")).toBe("due");
    expect(nextSort("due", "due")).toBe("-due");
    expect(nextSort("-due", "due")).toBe("urgent");
  });
  it("offers the ends and the neighbours of a long list", () => {
    expect(pageNumbers(1, 3)).toEqual([1, 2, 3]);
    expect(pageNumbers(5, 20)).toEqual([1, 0, 4, 5, 6, 0, 20]);
    expect(pageNumbers(1, 20)).toEqual([1, 2, 0, 20]);
  });
});

describe("spans of promise dates", () => {
  it("are counted from the server's today", () => {
    const spans = dueSpans("2026-07-30");
    expect(spans.find((span) => span.label === "7 天内")).toMatchObject({ from: "2026-07-30", to: "2026-08-06" });
    expect(dueSpans("")).toEqual([]);
  });
  it("are named on the button", () => {
    const spans = dueSpans("2026-07-14");
    expect(spanLabel("", "", spans)).toBe("不限");
    expect(spanLabel("2026-07-14", "2026-07-14", spans)).toBe("今天");
    expect(spanLabel("2026-07-15", "2026-07-16", spans)).toBe("07-15 至 07-16");
    expect(spanLabel("", "2026-07-01", spans)).toBe("07-01 前");
  });
});

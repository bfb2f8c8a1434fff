import { describe, expect, it } from "vitest";
import { fromAddress, narrowed, toAddress } from "./query";

const USUAL = { keyword: "", works: 0, retired: false, sort: "number", page: 1 };

describe("filters in the address", () => {
  it("come back as they were written", () => {
    const filters = { keyword: "延平", works: 7, retired: true, sort: "name", page: 3 };
    expect(fromAddress(toAddress(filters, USUAL), USUAL)).toEqual(filters);
  });
  it("leave out what is as usual", () => {
    expect(toAddress({ ...USUAL, works: 7 }, USUAL)).toEqual({ works: "7" });
  });
  it("take nonsense for nothing", () => {
    expect(fromAddress({ works: "x", page: ["2", "3"], other: "1" }, USUAL)).toEqual({ ...USUAL, page: 2 });
  });
  it("say whether a list is narrowed, which its order and page do not", () => {
    expect(narrowed({ ...USUAL, sort: "name", page: 2 }, USUAL)).toBe(false);
    expect(narrowed({ ...USUAL, retired: true }, USUAL)).toBe(true);
  });
});

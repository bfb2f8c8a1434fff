import { describe, expect, it } from "vitest";
import { caseOf, fromQuery, narrowing, totalWords } from "./conditions";

describe("the conditions of a search", () => {
  it("come from the address and leave out what is open", () => {
    const wanted = fromQuery({ actor: "张三", words: " 退回 ", page: "3", result: ["OK", "FAIL"] });
    expect(narrowing(wanted)).toEqual({ actor: "张三", words: "退回" });
  });
  it("say how many entries there are, and when that is an estimate", () => {
    expect(totalWords(12, true)).toBe("共 12 条");
    expect(totalWords(1250000, false)).toBe("约 1,250,000 条");
  });
  it("know a case among the objects", () => {
    expect(caseOf("case:SH20260001")).toBe("SH20260001");
    expect(caseOf("iam.person:7")).toBe("");
  });
});

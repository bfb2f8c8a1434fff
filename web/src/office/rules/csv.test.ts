import { describe, expect, it } from "vitest";
import { csvOf } from "./csv";

describe("a table as a file", () => {
  it("quotes cells, keeps negative numbers and lets no cell become a formula", () => {
    expect(csvOf([["消息", "数值"], ['温度"高"', -3], ["=1+1", "-x"]])).toBe('\ufeff"消息","数值"\r\n"温度""高""","-3"\r\n"\'=1+1","\'-x"\r\n');
  });
});

import { describe, expect, it } from "vitest";
import type { Column } from "./api";
import { emptyDraft, propose, toDraft, toMapping } from "./mapping";

const column = (name: string, kind: string, forms: string[] = [], key = false): Column => ({ name, kind, native: "", key, time_forms: forms });

describe("the mapping of columns", () => {
  it("is proposed from names and kinds", () => {
    const found = propose(emptyDraft(), [column("id", "number", [], true), column("collect_time", "text", ["%Y/%m/%d %H:%M"]), column("sensor_code", "text"), column("val", "number")]);
    expect(found.ts).toBe("collect_time");
    expect(found.tsFormat).toBe("%Y/%m/%d %H:%M");
    expect(found.device).toBe("sensor_code");
    expect(found.value).toBe("val");
  });

  it("keeps what a person chose while the column is there", () => {
    const columns = [column("a", "number"), column("value", "number")];
    expect(propose({ ...emptyDraft(), value: "a" }, columns).value).toBe("a");
    expect(propose({ ...emptyDraft(), value: "gone" }, columns).value).toBe("value");
  });

  it("comes back as it was kept", () => {
    for (const draft of [
      { ...emptyDraft(), device: "d", ts: "t", metric: "m", value: "v" },
      { ...emptyDraft(), deviceConstant: "dev-1", ts: "t", metricConstant: "TEMP", value: "v" },
      { ...emptyDraft(), device: "d", ts: "t", wide: [{ column: "x", metric: "TEMP" }, { column: "y", metric: "HUMI" }] },
    ])
      expect(toDraft(toMapping(draft, "READINGS") as never)).toEqual(draft);
  });
});

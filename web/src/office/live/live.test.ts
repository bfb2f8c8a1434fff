import { describe, expect, it } from "vitest";
import type { LivePoint } from "./api";
import { ageOf, saying, sparkPath } from "./show";
import { addressOf, pauseBefore } from "./useLive";

const now = Date.parse("2026-07-14T10:26:00+08:00");
const point = (more: Partial<LivePoint>): LivePoint => ({
  series_id: 1, device_id: 1, device: "T-1", place: "进风机房", metric: "TEMP", metric_name: "温度", unit: "℃", outside: false,
  value: 36.8, text: "36.8 ℃", ts: "2026-07-14T10:25:30+08:00", age: 30, stale: false, doubtful: false, level: null, ...more,
});

describe("what is said of a value", () => {
  it("says a current value as it is and an old one with its age", () => {
    expect(saying(point({}), now)).toBe("36.8 ℃");
    expect(saying(point({ stale: true, ts: "2026-07-14T09:26:00+08:00" }), now)).toBe("36.8 ℃（1 小时前）");
    expect(saying(point({ value: null, ts: null, stale: true }), now)).toBe("尚未上报");
  });
  it("counts ages in the largest fitting unit", () => {
    expect(ageOf("2026-07-14T10:25:30+08:00", now)).toBe("30 秒前");
    expect(ageOf("2026-07-11T10:00:00+08:00", now)).toBe("3 天前");
    expect(ageOf("2026-07-14T10:30:00+08:00", now)).toBe("0 秒前");
  });
});

describe("a small curve", () => {
  it("keeps gaps and stays inside its box", () => {
    expect(sparkPath([1, 2, null, 3, 4], 40, 10)).toBe("M0.0 9.0L10.0 6.3M30.0 3.7L40.0 1.0");
    expect(sparkPath([null, 5, null], 40, 10)).toBe("");
    expect(sparkPath([5, 5], 40, 10)).toBe("M0.0 5.0L40.0 5.0");
  });
});

describe("the stream", () => {
  it("waits longer after each failure, a minute at most", () => {
    expect([0, 1, 3, 6, 20].map(pauseBefore)).toEqual([1000, 2000, 8000, 60000, 60000]);
  });
  it("names what the page looks at", () => {
    expect(addressOf("/live", "")).toBe("/live");
    expect(addressOf("http://h:8002/live", "works=3&view=peace")).toBe("http://h:8002/live?works=3&view=peace");
  });
});

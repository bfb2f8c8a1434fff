import { describe, expect, it } from "vitest";
import type { Metric } from "./api";
import { boundWords, clockOf, dedupeWords, hoursWords, lasting, minuteOf, scopeWords, testOf } from "./definition";

const TEMP: Metric = { code: "TEMP", name: "温度", unit: "℃", kind: "number", category: "ENV", low: -40, high: 85, words: [] };
const NOWHERE = { works: [], units: [], devices: [], districts: [], management_level: null, special_rooms: null, rooms_named: "", equipment: [], excluded_works: [], excluded_units: [], excluded_devices: [] };

describe("a rule in words", () => {
  it("says times and spans as people do", () => {
    expect([lasting(900), lasting(7200), lasting(86400), lasting(90)]).toEqual(["15 分钟", "2 小时", "1 天", "90 秒"]);
    expect(minuteOf(clockOf(1439))).toBe(1439);
    expect(hoursWords({ days: "WORKDAY", windows: [{ start: 1320, end: 360 }] })).toBe("工作日 22:00–次日 06:00");
    expect(hoursWords({ days: "EVERYDAY", windows: [{ start: 0, end: 1440 }] })).toBe("每天全时段");
  });

  it("names design values and places", () => {
    expect(boundWords({ design: "rated_a", factor: 1.1, plus: 0, fallback: null }, TEMP)).toBe("1.1 倍rated_a");
    expect(boundWords(35, TEMP)).toBe("35 ℃");
    expect(scopeWords(NOWHERE)).toBe("全部工程");
    expect(scopeWords({ ...NOWHERE, management_level: "CITY_DIRECT", rooms_named: "机房", excluded_works: ["A"] })).toBe("市直属工程、“机房”房间（除外 1 处）");
  });

  it("tells how repeated alarms are merged", () => {
    expect(dedupeWords({ kind: "TIME_WINDOW", minutes: 30, times: 3, first: true })).toBe("同级 30 分钟内只推一次，升级立即推");
    expect(dedupeWords({ kind: "COUNT", minutes: 60, times: 3, first: false })).toBe("60 分钟内每 3 次推一次");
  });

  it("keeps the comparison when the kind of a condition changes", () => {
    const before = { kind: "compare" as const, op: "gt", value: 35, clear: 34, hold_seconds: 900 };
    expect(testOf("several", before, TEMP)).toMatchObject({ op: "gt", value: 35, clear: 34, hold_seconds: 900, at_least: 2 });
    expect(testOf("silent", before, TEMP)).toEqual({ kind: "silent", periods: 3 });
  });
});

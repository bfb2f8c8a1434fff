import { describe, expect, it } from "vitest";
import { readNotice } from "./notice";

describe("a holiday notice as typed", () => {
  it("reads spans, single days and days worked instead", () => {
    const notice = readNotice(2027, "元旦 1月1日至1月3日\n国庆节：10-1~10-2、10-4", "9月26日、10-9");
    expect(notice.faults).toEqual([]);
    expect(notice.holidays.map((entry) => entry.day)).toEqual(["2027-01-01", "2027-01-02", "2027-01-03", "2027-10-01", "2027-10-02", "2027-10-04"]);
    expect(notice.holidays.at(-1)?.name).toBe("国庆节");
    expect(notice.worked).toEqual(["2027-09-26", "2027-10-09"]);
  });

  it("names what it cannot read", () => {
    const notice = readNotice(2027, "国庆节\n春节 2月30日", "周六");
    expect(notice.faults).toHaveLength(3);
    expect(notice.holidays).toEqual([]);
  });
});

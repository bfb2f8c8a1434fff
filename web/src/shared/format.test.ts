import { expect, test } from "vitest";
import { ago, area, clock, dateTime, fileSize, fullDate, grouped, longDate, percent, remainingDays, shortDate, span, withUnit } from "./format";

test("numbers are grouped by their own digits, however long", () => {
  expect(grouped("48620.00")).toBe("48,620.00");
  expect(grouped("99999999999999999999.99")).toBe("99,999,999,999,999,999,999.99");
  expect(grouped("-1200")).toBe("-1,200");
  expect(grouped("")).toBe("—");
  expect(grouped("约三千")).toBe("约三千");
});

test("areas show two decimals, more only when given", () => {
  expect(area("5913")).toBe("5,913.00");
  expect(area("5913.5")).toBe("5,913.50");
  expect(area(null)).toBe("—");
  expect(withUnit("5913.00", "㎡")).toBe("5,913.00 ㎡");
  expect(withUnit("", "㎡")).toBe("—");
});

test("dates of another year are written in full", () => {
  const now = new Date(2026, 6, 14, 10, 26);
  expect(shortDate("2026-07-08", now)).toBe("07-08");
  expect(shortDate("2025-12-31", now)).toBe("2025-12-31");
  expect(fullDate("2026-07-08")).toBe("2026-07-08");
  expect(dateTime("2026-07-08T01:05:00Z", now)).toBe("07-08 09:05");
  expect(clock("2026-07-08T16:30:00Z")).toBe("00:30");
  expect(fullDate("2026-07-08T16:30:00Z")).toBe("2026-07-09");
  expect(longDate("2026-07-14")).toBe("2026 年 7 月 14 日 星期二");
  expect(fullDate(null)).toBe("—");
  expect(fullDate("坏日期")).toBe("—");
});

test("spans and remaining days are in words, never decimals", () => {
  expect(remainingDays(2)).toBe("剩 2 天");
  expect(remainingDays(0)).toBe("今天到期");
  expect(remainingDays(-1)).toBe("超期 1 天");
  expect(span(7 * 3600 + 34 * 60)).toBe("7 时 34 分");
  expect(span(20)).toBe("不足 1 分");
  expect(ago(new Date(2026, 6, 14, 10, 20), new Date(2026, 6, 14, 10, 26))).toBe("6 分钟前");
});

test("sizes and shares", () => {
  expect(fileSize(2_516_582)).toBe("2.4 MB");
  expect(percent(0.975)).toBe("97.5%");
  expect(percent(null)).toBe("—");
});

import { describe, expect, it } from "vitest";
import type { Options } from "./api";
import type { Definition } from "./definition";
import { blank, isBlank, limitsWords, limitWords, ownOf, stepsWords, toldWords, waysOf, waysWords, type Usual } from "./handling";

const USUAL: Usual = {
  level: 3,
  receivers: ["MANAGING_UNIT"],
  sms: false,
  code_platform: false,
  confirm_minutes: 240,
  confirm_workdays: false,
  handle_minutes: 4320,
  handle_workdays: true,
  escalate: [
    { after: 240, unless: "CONFIRM", target: "DISTRICT", workdays: false },
    { after: 4320, unless: "HANDLE", target: "DISTRICT", workdays: true },
  ],
};
const OPTIONS = {
  receivers: [{ value: "MANAGING_UNIT", label: "管理单位" }, { value: "CITY", label: "市级值守" }],
  steps: [{ value: "DISTRICT", label: "所在区" }],
} as unknown as Options;

describe("handling of a level in words", () => {
  it("tells limits as people do", () => {
    expect([limitWords(10, false), limitWords(120, false), limitWords(1440, false), limitWords(4320, true), limitWords(1500, true)]).toEqual(["10 分钟", "2 小时", "1 天", "3 个工作日", "1 个工作日又 1 小时"]);
  });

  it("shows the usual where the rule says nothing", () => {
    expect([toldWords(undefined, USUAL, OPTIONS), waysWords(undefined, USUAL), limitsWords(undefined, USUAL)]).toEqual(["管理单位", "站内消息", "4 小时内确认、3 个工作日内处置"]);
    expect(stepsWords(undefined, USUAL, OPTIONS)).toBe("4 小时未确认报所在区，3 个工作日未处置报所在区");
  });

  it("says the rule's own receivers, ways and limits, and moves the usual steps with a limit", () => {
    const own = { ...blank(3), receivers: ["CITY", "INBOX", "SMS"], organizations: ["A"], confirm_minutes: 60, confirm_workdays: false };
    expect([toldWords(own, USUAL, OPTIONS), waysOf(own), limitsWords(own, USUAL)]).toEqual(["市级值守、指定 1 个单位", "SMS", "1 小时内确认、3 个工作日内处置"]);
    expect(stepsWords(own, USUAL, OPTIONS)).toBe("1 小时未确认报所在区，3 个工作日未处置报所在区");
    expect(stepsWords({ ...own, escalate: [] }, USUAL, OPTIONS)).toBe("超时不升级");
  });

  it("keeps nothing in the rule that only repeats the usual", () => {
    expect(isBlank(blank(2))).toBe(true);
    expect(isBlank({ ...blank(2), escalate: [] })).toBe(false);
    expect(ownOf({ handling: [blank(2)] } as unknown as Definition, 3)).toBeUndefined();
  });
});

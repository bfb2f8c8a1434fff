import { describe, expect, it } from "vitest";
import { fit } from "@/screen/useScale";
import { routeOf } from "./links";
import { platformTotals, total } from "./pushes/totals";
import { groupAccounts } from "./sign-in";

it("groups demo accounts by role and leaves applicants to the portal", () => {
  const account = (username: string, role_label: string, face = "office") => ({ username, name: username, role_label, place: "市", face });
  const groups = groupAccounts([account("a", "经办人"), account("b", "科长"), account("c", "经办人"), account("d", "申请人", "portal")]);
  expect(groups.map((group) => [group.role, group.accounts.length])).toEqual([["经办人", 2], ["科长", 1]]);
});

describe("links of the server", () => {
  it("become routes of the office, others do not", () => {
    expect(routeOf("/office/cases/5")).toBe("/cases/5");
    expect(routeOf("/office")).toBe("/");
    expect(routeOf("https://elsewhere.example")).toBeNull();
    expect(routeOf("")).toBeNull();
  });
});

it("adds up pushes a platform, what is being sent counting as waiting its turn", () => {
  const totals = platformTotals([
    { platform: "case_repository", label: "办件库", state: "DONE", count: 4 },
    { platform: "case_repository", label: "办件库", state: "SENDING", count: 1 },
    { platform: "case_repository", label: "办件库", state: "PENDING", count: 2 },
  ]);
  expect(totals).toHaveLength(1);
  expect(totals[0]?.counts).toEqual({ DONE: 4, PENDING: 3 });
  expect(totals[0] && total(totals[0])).toBe(7);
});

it("fits the wall into any window without stretching it", () => {
  expect(fit(1920, 1080)).toBe(1);
  expect(fit(3840, 2160)).toBe(2);
  expect(fit(1366, 768)).toBeCloseTo(0.711, 3);
});

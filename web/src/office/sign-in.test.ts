import { describe, expect, it } from "vitest";
import { fit } from "@/screen/useScale";
import { routeOf } from "./links";
import type { PlatformCard } from "./pushes/api";
import { count } from "./pushes/totals";
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

it("counts what is being sent as waiting its turn", () => {
  const card = { counts: { DONE: 4, SENDING: 1, PENDING: 2 } } as unknown as PlatformCard;
  expect([count(card, "DONE"), count(card, "PENDING"), count(card, "DEAD")]).toEqual([4, 3, 0]);
});

it("fits the wall into any window without stretching it", () => {
  expect(fit(1920, 1080)).toBe(1);
  expect(fit(3840, 2160)).toBe(2);
  expect(fit(1366, 768)).toBeCloseTo(0.711, 3);
});

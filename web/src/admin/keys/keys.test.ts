import { describe, expect, it } from "vitest";
import { acts, chosen, type Key } from "./keys";

const key = (values: Partial<Key>): Key => ({ id: 1, purpose: "field", state: "ACTIVE", age_days: 0, asked_at: null, mine: false, ...values }) as Key;
const security = { asks: true, executes: false };
const system = { asks: false, executes: true };

describe("what may be done with a key", () => {
  it("rotates an active key, by the system administrator only", () => {
    expect(acts(key({}), system)).toEqual(["rotate"]);
    expect(acts(key({}), security)).toEqual([]);
    expect(acts(key({ purpose: "derive" }), system)).toEqual([]);
  });
  it("asks for and carries out a destruction by different people", () => {
    const old = key({ state: "DECRYPT_ONLY" });
    expect(acts(old, security)).toEqual(["ask"]);
    expect(acts(old, system)).toEqual([]);
    const asked = { ...old, asked_at: "2026-01-01T00:00:00Z" };
    expect(acts({ ...asked, mine: true }, security)).toEqual(["withdraw"]);
    expect(acts(asked, system)).toEqual(["destroy"]);
    expect(acts({ ...asked, mine: true }, system)).toEqual([]);
  });
  it("does nothing with a destroyed key", () => {
    expect(acts(key({ state: "DESTROYED" }), { asks: true, executes: true })).toEqual([]);
  });
});

describe("the list", () => {
  const keys = [key({ id: 1, age_days: 9 }), key({ id: 2, purpose: "file", age_days: 1 }), key({ id: 3, state: "DECRYPT_ONLY", age_days: 5 })];
  it("filters and sorts", () => {
    expect(chosen(keys, { purpose: "field", state: "", order: "id", down: true }, null).map((k) => k.id)).toEqual([3, 1]);
    expect(chosen(keys, { purpose: "", state: "", order: "age_days", down: false }, null).map((k) => k.id)).toEqual([2, 3, 1]);
    expect(chosen(keys, { purpose: "", state: "", order: "held", down: true }, new Map([[1, 4], [3, 7]])).map((k) => k.id)).toEqual([3, 1, 2]);
  });
});

import { describe, expect, it } from "vitest";
import { left, when } from "./words";

const NOW = new Date("2026-07-14T10:26:00+08:00");
const row = (due: string | null, kind = "HANDLE", state = "PROCESSING") => ({ due_at: due, due_kind: kind, state, closed_at: null });

describe("when an alarm happened", () => {
  it("shows the clock today, the day before with its word, and the date before that", () => {
    expect(when("2026-07-14T10:11:00+08:00", NOW)).toBe("10:11");
    expect(when("2026-07-13T22:40:00+08:00", NOW)).toBe("昨 22:40");
    expect(when("2026-07-12T08:00:00+08:00", NOW)).toBe("07-12 08:00");
  });
});

describe("what is left of a limit", () => {
  it("counts down to confirming and to handling, and up when it has passed", () => {
    expect(left(row("2026-07-14T18:00:00+08:00"), NOW)).toBe("剩 7 时 34 分");
    expect(left(row("2026-07-14T10:56:00+08:00", "CONFIRM", "NEW"), NOW)).toBe("确认剩 30 分");
    expect(left(row("2026-07-14T09:26:00+08:00"), NOW)).toBe("超 1 时");
  });
  it("names what waits for review and says nothing where there is no limit", () => {
    expect(left(row(null, "", "RESOLVED"), NOW)).toBe("待复核");
    expect(left(row(null), NOW)).toBe("");
  });
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "@/shared/api/client";
import type { FormStore } from "@/shared/forms/store";

const put = vi.fn();
vi.mock("@/shared/api/client", async (original) => ({
  ...(await original<typeof import("@/shared/api/client")>()),
  call: () => put() as Promise<unknown>,
}));

const kept = new Map<string, string>();
let change: () => void = () => undefined;
const store = { onChange: (listener: () => void) => (change = listener), snapshot: () => ({ a: "1" }) } as unknown as FormStore;
const answer = (version: number) => ({ version, saved_at: "2026-07-14T14:32:00+08:00", data: {}, dropped: [], calculations: [], steps: [], materials: [] });
const refusal = (status: number, code: string) => new ApiError(status, { code, message: "不能保存。", hint: "", fields: [], trace_id: "" });

beforeEach(() => {
  vi.useFakeTimers();
  put.mockReset();
  kept.clear();
  const deaf = { addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("window", deaf);
  vi.stubGlobal("document", { ...deaf, visibilityState: "visible" });
  vi.stubGlobal("localStorage", {
    setItem: (key: string, value: string) => kept.set(key, value),
    getItem: (key: string) => kept.get(key) ?? null,
    removeItem: (key: string) => kept.delete(key),
  });
});
afterEach(() => vi.useRealTimers());

async function made() {
  const { Draft } = await import("./draft");
  return new Draft(7, store, 1, "", () => undefined);
}

test("many keystrokes make one save, after a pause", async () => {
  const draft = await made();
  put.mockResolvedValue(answer(2));
  for (let i = 0; i < 20; i += 1) {
    change();
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(put).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(900);
  expect(put).toHaveBeenCalledTimes(1);
  expect(draft.status).toMatchObject({ state: "saved", version: 2 });
  expect(kept.size).toBe(0);
});

test("what cannot be sent stays in the browser and is sent again later", async () => {
  const draft = await made();
  put.mockRejectedValueOnce(refusal(0, "UNREACHABLE")).mockResolvedValue(answer(2));
  change();
  await vi.advanceTimersByTimeAsync(900);
  expect(draft.status.state).toBe("offline");
  expect(kept.has("minfang:draft:7")).toBe(true);
  await vi.advanceTimersByTimeAsync(3_100);
  expect(draft.status.state).toBe("saved");
  expect(kept.size).toBe(0);
});

test("a draft saved elsewhere stops saving until the person chooses", async () => {
  const draft = await made();
  put.mockRejectedValueOnce(refusal(409, "STALE")).mockResolvedValue(answer(9));
  change();
  await vi.advanceTimersByTimeAsync(900);
  expect(draft.status.state).toBe("conflict");
  change();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(put).toHaveBeenCalledTimes(1);
  expect(await draft.overwrite(8)).toBe(true);
  expect(draft.status).toMatchObject({ state: "saved", version: 9 });
});

test("what is typed while a save is under way is saved after it", async () => {
  const draft = await made();
  let finish: (value: unknown) => void = () => undefined;
  put.mockReturnValueOnce(new Promise((resolve) => (finish = resolve))).mockResolvedValue(answer(3));
  change();
  await vi.advanceTimersByTimeAsync(900);
  change();
  finish(answer(2));
  await vi.advanceTimersByTimeAsync(10);
  expect(draft.status.state).toBe("waiting");
  await vi.advanceTimersByTimeAsync(900);
  expect(put).toHaveBeenCalledTimes(2);
  expect(draft.status).toMatchObject({ state: "saved", version: 3 });
});

import { beforeEach, expect, it, vi } from "vitest";
import type { PushOut } from "../types";
import { outcomeOf, resendAndWait } from "./resend";

const api = vi.hoisted(() => ({ resendPush: vi.fn(), getPush: vi.fn() }));
vi.mock("../api", () => ({ resendPush: api.resendPush }));
vi.mock("./api", () => ({ getPush: api.getPush }));

const push = (state: string, over: Partial<PushOut> = {}): PushOut =>
  ({ id: 7, platform: "case_repository", subject: "SH042026112200001", state, state_label: state, last_error: "", delivered_at: null, ...over }) as PushOut;

beforeEach(() => vi.clearAllMocks());

it("waits until the platform has taken the message", async () => {
  api.resendPush.mockResolvedValue(push("PENDING"));
  api.getPush.mockResolvedValueOnce({ push: push("SENDING") }).mockResolvedValueOnce({ push: push("DONE", { delivered_at: "2026-07-14T10:26:00+08:00" }) });
  const now = await resendAndWait(7, 0);
  expect(api.getPush).toHaveBeenCalledTimes(2);
  expect(outcomeOf(now)).toEqual({ text: "已重新发送并送达（10:26）", ok: true });
});

it("says why it failed again", async () => {
  api.resendPush.mockResolvedValue(push("PENDING", { last_error: "旧原因" }));
  api.getPush.mockResolvedValue({ push: push("DEAD", { last_error: "平台拒绝" }) });
  expect(outcomeOf(await resendAndWait(7, 0))).toEqual({ text: "已重新发送，仍未成功：平台拒绝", ok: false });
});

it("does not wait for ever, and says so", async () => {
  api.resendPush.mockResolvedValue(push("PENDING"));
  api.getPush.mockResolvedValue({ push: push("PENDING") });
  expect(outcomeOf(await resendAndWait(7, 0)).text).toContain("尚未答复");
  expect(api.getPush).toHaveBeenCalledTimes(10);
});

/** Send a push again and wait for what became of it. */

import { clock } from "@/shared/format";
import { resendPush } from "../api";
import { getPush } from "./api";
import type { PushOut } from "../types";

const TRIES = 10;
const PAUSE = 1000;
const UNDECIDED = ["PENDING", "SENDING"];

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resend, then look until the platform has answered or the patience ends. */
export async function resendAndWait(id: number, pause = PAUSE): Promise<PushOut> {
  let push = await resendPush(id);
  for (let tries = 0; tries < TRIES && UNDECIDED.includes(push.state); tries += 1) {
    await wait(pause);
    push = await getPush(push.id).then((found) => found.push, () => push);
  }
  return push;
}

/** What became of it, in words. */
export function outcomeOf(push: PushOut): { text: string; ok: boolean } {
  if (push.state === "DONE") return { text: `已重新发送并送达（${clock(push.delivered_at)}）`, ok: true };
  if (UNDECIDED.includes(push.state)) return { text: "已重新发送，平台尚未答复；系统会继续推送，稍后刷新查看", ok: true };
  return { text: `已重新发送，仍未成功：${push.last_error || push.state_label}`, ok: false };
}

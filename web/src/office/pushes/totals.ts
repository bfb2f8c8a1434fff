/** The states shown on a platform's card. */
import type { PlatformCard } from "./api";

export const STATES = [
  { value: "DONE", label: "已送达", tone: "ok" },
  { value: "PENDING", label: "待推送", tone: "" },
  { value: "WAITING", label: "等待重试", tone: "warn" },
  { value: "DEAD", label: "待人工处理", tone: "late" },
];

/** How many messages of a platform stand so; what is being sent counts as waiting to be sent. */
export const count = (card: PlatformCard, state: string): number =>
  (card.counts[state] ?? 0) + (state === "PENDING" ? (card.counts["SENDING"] ?? 0) : 0);

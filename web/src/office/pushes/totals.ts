/** How many messages each outside platform has in each state. */

export const STATES = [
  { value: "DONE", label: "已送达", tone: "ok" },
  { value: "PENDING", label: "待推送", tone: "" },
  { value: "WAITING", label: "等待重试", tone: "warn" },
  { value: "DEAD", label: "待人工处理", tone: "late" },
];

export interface PlatformTotal {
  platform: string;
  label: string;
  counts: Record<string, number>;
}

/** Totals a platform from the server's rows, one a platform and state. */
export function platformTotals(rows: Record<string, unknown>[]): PlatformTotal[] {
  const found = new Map<string, PlatformTotal>();
  for (const row of rows) {
    const platform = String(row.platform ?? "");
    const entry = found.get(platform) ?? { platform, label: String(row.label ?? platform), counts: {} };
    found.set(platform, entry);
    const state = row.state === "SENDING" ? "PENDING" : String(row.state ?? "");
    entry.counts[state] = (entry.counts[state] ?? 0) + Number(row.count ?? 0);
  }
  return [...found.values()];
}

export const total = (entry: PlatformTotal): number => Object.values(entry.counts).reduce((sum, count) => sum + count, 0);

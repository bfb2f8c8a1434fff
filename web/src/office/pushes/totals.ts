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

type Row = Record<string, unknown>;

/** Totals from the server's rows: one a platform and state (``state``, ``count``), or one a platform with a number a state. */
export function platformTotals(rows: Row[]): PlatformTotal[] {
  const found = new Map<string, PlatformTotal>();
  for (const row of rows) {
    const platform = String(row.platform ?? row.connector ?? "");
    const entry = found.get(platform) ?? { platform, label: String(row.platform_label ?? row.label ?? platform), counts: {} };
    found.set(platform, entry);
    if (typeof row.state === "string") entry.counts[row.state] = (entry.counts[row.state] ?? 0) + Number(row.count ?? 0);
    else for (const { value } of STATES) entry.counts[value] = Number(row[value] ?? row[value.toLowerCase()] ?? 0);
  }
  return [...found.values()];
}

export const total = (entry: PlatformTotal): number => Object.values(entry.counts).reduce((sum, count) => sum + count, 0);

/** Stretches of time people look at. */
export interface Range {
  since: string;
  until: string;
}

export const RANGES = [
  { value: "1h", label: "近 1 小时", hours: 1 },
  { value: "24h", label: "近 24 小时", hours: 24 },
  { value: "7d", label: "近 7 天", hours: 168 },
  { value: "30d", label: "近 30 天", hours: 720 },
  { value: "365d", label: "近 1 年", hours: 8760 },
];

/** The stretch of a name such as `24h`, or of two local times `a~b` (Shanghai). */
export function rangeOf(name: string, now = new Date()): Range {
  const [from, to] = name.split("~");
  if (from && to) return { since: shanghai(from), until: shanghai(to) };
  const hours = RANGES.find((range) => range.value === name)?.hours ?? 24;
  return { since: new Date(now.getTime() - hours * 3_600_000).toISOString(), until: new Date(now.getTime() + 1000).toISOString() };
}

/** `2026-01-31T08:30` as people typed it, in Shanghai. */
const shanghai = (local: string): string => `${local.length === 10 ? `${local}T00:00` : local}:00+08:00`;

/** Moments of the trail, to the second, on the clocks of Shanghai. */
import { inShanghai } from "@/shared/format";

const two = (n: number) => String(n).padStart(2, "0");

/** `2026-11-22 14:03:07`. */
export function moment(value: string | null | undefined): string {
  if (!value) return "—";
  const at = inShanghai(new Date(value));
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** How values of indicators are written and drawn. */
import { grouped, NOTHING, percent } from "@/shared/format";

export function figure(value: number | null | undefined, format: string): string {
  if (value === null || value === undefined) return NOTHING;
  if (format === "percent") return percent(value);
  return format === "number" ? value.toFixed(1) : grouped(value);
}

/** The points of a line in a box, as pieces of an SVG path; months without a figure interrupt it. */
export function lineOf(values: (number | null)[], width: number, height: number, most: number): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let open = false;
  return values
    .map((value, at) => {
      if (value === null) {
        open = false;
        return "";
      }
      const point = `${open ? "L" : "M"}${(at * step).toFixed(1)} ${(height - (value / (most || 1)) * height).toFixed(1)}`;
      open = true;
      return point;
    })
    .filter(Boolean)
    .join(" ");
}

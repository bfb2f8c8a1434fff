/** Points of a curve for drawing. */
import type { Curve } from "./api";

export type Point = [number, number | null];

/** The points of one column with a hole wherever nothing was measured for too long. */
export function broken(curve: Curve, column: "low" | "mean" | "high"): Point[] {
  const gap = Math.max(curve.max_gap, curve.grain * 2) * 1000;
  const points: Point[] = [];
  curve.at.forEach((at, index) => {
    const before = curve.at[index - 1];
    if (before !== undefined && at - before > gap) points.push([before + 1, null]);
    points.push([at, curve[column][index] ?? null]);
  });
  return points;
}

import { describe, expect, it } from "vitest";
import type { Options, PartOut, Parts } from "./api";
import { linesOf } from "./parts";

const room = (id: number, unit_id: number | null, retired_at: string | null = null): PartOut => ({ id, unit_id, no: `R${id}`, name: `房${id}`, retired_at }) as PartOut;
const parts = {
  floors: [], units: [], entrances: [], ranks: [{ value: "MAIN", label: "主要" }],
  rooms: [room(1, 7), room(2, 8), room(3, null), room(4, 7, "2026-01-01")],
  categories: [{ value: "FAN", label: "风机", design: [{ value: "rated_a", label: "额定电流 A" }] }],
} as unknown as Parts;
const options = { makers: [], wartime_uses: [] } as unknown as Options;

describe("the form of a part", () => {
  it("offers a piece of equipment the standing rooms of its unit and the design values of its kind", () => {
    const lines = linesOf("equipment", parts, options, { fresh: true, category: "FAN", unit: "7" });
    expect(lines.find((line) => line.name === "room_id")?.choices?.map((one) => one.value)).toEqual(["1", "3"]);
    expect(lines.filter((line) => line.design).map((line) => line.name)).toEqual(["design.rated_a"]);
  });
  it("keeps the number and the kind of what is stored", () => {
    const lines = linesOf("equipment", parts, options, { fresh: false, category: "FAN", unit: "" });
    expect(lines.filter((line) => line.fixed).map((line) => line.name)).toEqual(["category", "no"]);
  });
});

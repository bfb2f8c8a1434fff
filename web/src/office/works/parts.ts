/** Which fields the form of each kind of part has. */
import type { Options, PartCode, PartOut, Parts } from "./api";

export interface Choice {
  value: string;
  label: string;
}
export interface Line {
  name: string;
  label: string;
  choices?: Choice[];
  number?: boolean;
  day?: boolean;
  required?: boolean;
  wide?: boolean;
  hint?: string;
  usual?: string;
  fixed?: boolean;
  design?: boolean;
}
interface Now {
  fresh: boolean;
  category: string;
  unit: string;
}

const standing = (rows: PartOut[]): PartOut[] => rows.filter((row) => !row.retired_at);
const named = (rows: PartOut[]): Choice[] => standing(rows).map((row) => ({ value: String(row.id), label: row.name === row.no ? row.no : `${row.name}（${row.no}）` }));
const within = (rows: PartOut[], unit: string): Choice[] => named(unit ? rows.filter((row) => row.unit_id === null || String(row.unit_id) === unit) : rows);
const NUMBERED: Record<PartCode, string> = { floor: "层号", unit: "单元编号", room: "房间编号", entrance: "口部编号", equipment: "设备编号" };

export function linesOf(kind: PartCode, parts: Parts, options: Options, now: Now): Line[] {
  const number: Line = { name: "no", label: NUMBERED[kind], fixed: !now.fresh, required: kind === "floor", hint: !now.fresh ? "编号不变。" : kind === "floor" ? "如 B1。" : "留空由系统编号。" };
  const name: Line = { name: "name", label: "名称", required: true };
  const floor: Line = { name: "floor_id", label: "楼层", choices: named(parts.floors), number: true };
  const unit: Line = { name: "unit_id", label: "防护单元", choices: named(parts.units), number: true };
  if (kind === "floor") return [number, name, { name: "level", label: "层序", number: true, required: true, hint: "地下一层为 -1。" }];
  if (kind === "unit")
    return [
      name, number, floor, { name: "position", label: "序号", number: true },
      { name: "wartime_use", label: "战时用途", choices: options.wartime_uses }, { name: "chemical_level", label: "防化级别", hint: "甲、乙、丙、丁" },
      { name: "building_area", label: "建筑面积（㎡）", number: true }, { name: "shelter_area", label: "掩蔽面积（㎡）", number: true }, { name: "capacity", label: "掩蔽人数", number: true },
    ];
  if (kind === "room") return [name, number, unit, floor];
  if (kind === "entrance") return [name, number, unit, { name: "rank", label: "类型", choices: parts.ranks, required: true, usual: "MAIN" }];
  const design = parts.categories.find((one) => one.value === now.category)?.design ?? [];
  return [
    name, { name: "category", label: "设备类", choices: parts.categories, required: true, fixed: !now.fresh }, number, unit,
    { name: "room_id", label: "房间", choices: within(parts.rooms, now.unit), number: true }, { name: "entrance_id", label: "口部", choices: within(parts.entrances, now.unit), number: true },
    { name: "maker_id", label: "生产厂家", choices: options.makers, number: true }, { name: "installed_on", label: "安装日期", day: true },
    { name: "life_months", label: "设计寿命（月）", number: true }, { name: "maintenance_months", label: "保养周期（月）", number: true }, { name: "maintained_on", label: "上次保养", day: true },
    ...design.map((one): Line => ({ name: `design.${one.value}`, label: one.label, number: true, design: true })),
  ];
}

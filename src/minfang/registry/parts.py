"""What works consist of: floors, units, rooms, entrances and equipment, and what each kind says of itself."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from minfang.kernel.base.errors import FieldError
from minfang.registry.definitions import load
from minfang.registry.models import (
    Entrance,
    EntranceRank,
    Equipment,
    Floor,
    ProtectiveUnit,
    Room,
    Works,
)

NUMBER = re.compile(r"[0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class PartKind:
    """One kind of part: ``number`` the field of its number, ``fields`` what may be corrected of it."""

    code: str
    label: str
    model: Any  # one of the models below ``Part``
    number: str
    number_label: str
    fields: tuple[str, ...]
    within: tuple[tuple[str, str], ...] = ()

    @property
    def references(self) -> list[str]:
        """The fields that name other rows: places of the same work, and the maker."""
        return [name for name in self.fields if self.model._meta.get_field(name).is_relation]

    def names(self, row: Any) -> str:
        """Kind, number and name of a part as the history and refusals give it."""
        return f"{self.label} {getattr(row, self.number)} {row.name}"


UNIT_FIELDS = (
    "name",
    "position",
    "floor",
    "wartime_use",
    "chemical_level",
    "building_area",
    "shelter_area",
    "capacity",
)
EQUIPMENT_FIELDS = (
    "name",
    "unit",
    "room",
    "entrance",
    "maker",
    "installed_on",
    "life_months",
    "maintained_on",
    "maintenance_months",
    "design",
)
ROOMS_ETC = (("rooms", "房间"), ("equipment", "设施设备"), ("devices", "传感设备"))
KINDS: dict[str, PartKind] = {
    one.code: one
    for one in (
        PartKind(
            "floor",
            "楼层",
            Floor,
            "code",
            "层号",
            ("name", "level"),
            (("units", "防护单元"), ("rooms", "房间"), ("devices", "传感设备")),
        ),
        PartKind(
            "unit",
            "防护单元",
            ProtectiveUnit,
            "unit_no",
            "单元编号",
            UNIT_FIELDS,
            (*ROOMS_ETC, ("entrances", "口部")),
        ),
        PartKind(
            "room", "房间", Room, "room_no", "房间编号", ("name", "unit", "floor", "special"), ROOMS_ETC[1:]
        ),
        PartKind(
            "entrance", "口部", Entrance, "entrance_no", "口部编号", ("name", "unit", "rank"), ROOMS_ETC[1:]
        ),
        PartKind(
            "equipment", "设施设备", Equipment, "equipment_no", "设备编号", EQUIPMENT_FIELDS, ROOMS_ETC[2:]
        ),
    )
}


def part_faults(kind: PartKind, facts: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the facts of a part, which refer to other parts as objects; every field named."""
    wrong = []
    name = str(facts.get("name") or "").strip()
    longest = kind.model._meta.get_field("name").max_length or 0
    if not name:
        wrong.append(FieldError("name", "名称", "请填写名称。"))
    elif len(name) > longest:
        wrong.append(FieldError("name", "名称", f"最多 {longest} 个字。"))
    if kind.code == "floor" and facts.get("level") is None:
        wrong.append(FieldError("level", "层序", "请填写层序，地下一层为 -1。"))
    if kind.code == "unit":
        wrong += _unit_faults(facts)
    if kind.code == "entrance" and facts.get("rank") not in EntranceRank.values:
        wrong.append(FieldError("rank", "类型", "请选择主要、次要或备用。"))
    if kind.code == "equipment":
        wrong += _equipment_faults(facts)
    return wrong


def _unit_faults(facts: Mapping[str, Any]) -> list[FieldError]:
    wrong = []
    use = facts.get("wartime_use") or ""
    if use and use not in load("wartime")["uses"]:
        wrong.append(FieldError("wartime_use", "战时用途", f"“{use}”不在可选范围。"))
    over, area = facts.get("building_area"), facts.get("shelter_area")
    if over is not None and area is not None and Decimal(area) > Decimal(over):
        wrong.append(FieldError("shelter_area", "掩蔽面积", f"不应大于建筑面积 {over} ㎡。"))
    return wrong


def _equipment_faults(facts: Mapping[str, Any]) -> list[FieldError]:
    wrong = []
    known = load("works")["equipment"]
    if facts.get("category") not in known["categories"]:
        wrong.append(FieldError("category", "设备类", "请选择设备类。"))
    for name, value in (facts.get("design") or {}).items():
        if name not in known["design"]:
            wrong.append(FieldError("design", "设计参数", f"没有“{name}”这个参数。"))
        elif not -100_000 <= float(value) <= 10_000_000:
            wrong.append(FieldError(f"design.{name}", known["design"][name], "数值超出合理范围。"))
    unit = facts.get("unit")
    for path, label in (("room", "房间"), ("entrance", "口部")):
        place = facts.get(path)
        if unit is not None and place is not None and place.unit_id not in (None, unit.pk):
            wrong.append(FieldError(f"{path}_id", label, f"该{label}不在所选防护单元内。"))
    return wrong


def number_faults(kind: PartKind, works: Works, number: str) -> list[FieldError]:
    """What is wrong with a number somebody gives: those of all but floors begin with that of the work."""
    longest = kind.model._meta.get_field(kind.number).max_length or 0
    if len(number) > longest or not NUMBER.fullmatch(number):
        return [FieldError("no", kind.number_label, f"只能用字母、数字和 -，最多 {longest} 个。")]
    if kind.code != "floor" and not number.startswith(f"{works.works_no}-"):
        return [FieldError("no", kind.number_label, f"应以工程编号 {works.works_no}- 开头。")]
    return []


def next_number(kind: PartKind, works: Works, row: Any) -> str:
    """The next number of a part of a work, by the patterns of the definitions (handbook §8.3)."""
    unit = getattr(row, "unit", None)
    known = {
        "works_no": works.works_no,
        "unit_no": unit.unit_no if unit else "",
        "category": getattr(row, "category", ""),
    }
    outside = kind.code == "room" and unit is None
    pattern = load("works")["number"]["room_outside" if outside else kind.code]
    stem = pattern.split("{seq")[0].format(**known)
    taken = kind.model.every.filter(**{f"{kind.number}__startswith": stem})
    tails = (number[len(stem) :] for number in taken.values_list(kind.number, flat=True))
    return str(
        pattern.format(**known, seq=max((int(tail) for tail in tails if tail.isdigit()), default=0) + 1)
    )

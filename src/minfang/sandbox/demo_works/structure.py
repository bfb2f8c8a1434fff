"""Works with their floors, units, rooms, entrances and equipment."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from minfang.kernel.iam.models import Organization
from minfang.registry.models import (
    Enterprise,
    Entrance,
    Equipment,
    Floor,
    Lifecycle,
    ManagementLevel,
    ProtectiveUnit,
    Room,
    Works,
)
from minfang.sandbox.demo_works.plan import Line, chance_of, definition, lines

NUMERALS = "一二三四五六七八九"
LEVELS = {"B1": ("地下一层", -1), "B2": ("地下二层", -2), "B3": ("地下三层", -3)}
FINE = ("SHELTER_1", "MED_STATION", "TEAM_PERSON")  # 防化乙级, 超压 50 Pa
SPECIAL_ROOMS = ("进风机房", "滤毒室", "排风机房", "值班室")
USABLE, SHELTERED, AREA_A_PERSON = Decimal("0.86"), Decimal("0.62"), 1
GENERATOR_FROM = 5000


@dataclass
class Unit:
    """A protective unit with what stands in it, before anything is written."""

    row: ProtectiveUnit
    rooms: dict[str, Room] = field(default_factory=dict)
    entrances: list[Entrance] = field(default_factory=list)
    doors: list[Equipment] = field(default_factory=list)
    equipment: dict[str, Equipment] = field(default_factory=dict)

    @property
    def floor(self) -> Floor:
        assert self.row.floor is not None
        return self.row.floor


@dataclass
class Built:
    """One work of the plan as rows."""

    line: Line
    works: Works
    floors: list[Floor] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def next(self, category: str) -> int:
        """The next running number of a category in this work."""
        self.counts[category] = self.counts.get(category, 0) + 1
        return self.counts[category]


def build() -> list[Built]:
    """All works of the plan, unsaved."""
    keepers = {row.code: row for row in Organization.objects.filter(code__startswith="KEEPER-")}
    companies = {row.uscc: row for row in Enterprise.objects.all()}
    return [_one(line, keepers, companies) for line in lines()]


def _one(line: Line, keepers: dict[str, Organization], companies: dict[str, Enterprise]) -> Built:
    chance = chance_of(line.slug)
    fine = line.use in FINE
    area = Decimal(line.area)
    works = Works(
        works_no=line.no,
        name=line.name,
        kind=line.kind,
        management_level=ManagementLevel.CITY_DIRECT if line.kind == "GY" else ManagementLevel.DISTRICT,
        district_code=line.district,
        street=line.street,
        address=line.address,
        longitude=line.at[0],
        latitude=line.at[1],
        built_year=line.year,
        wartime_use=line.use,
        peacetime_use=line.peace,
        protection_class="甲类",
        resistance_level="核5常5" if fine else "核6常6",
        chemical_level="乙" if fine else "丙",
        building_area=area,
        usable_area=(area * USABLE).quantize(Decimal("0.01")),
        shelter_area=(area * SHELTERED).quantize(Decimal("0.01")),
        managing_unit=keepers[line.keeper],
        owner=companies[definition()["owner"][0]["uscc"]],
        contractor=companies[chance.choice(definition()["contractor"])["uscc"]],
        lifecycle=Lifecycle.IN_USE,
        op_state=line.state,
        details={"demo": line.slug, "clear_height_m": chance.choice([2.4, 2.6, 2.8])},
    )
    built = Built(line, works)
    for code, count in line.floors:
        name, level = LEVELS[code]
        floor = Floor(works=works, code=code, name=name, level=level)
        built.floors.append(floor)
        for _ in range(count):
            _unit(built, floor, fine)
    _plant(built)
    return built


def _unit(built: Built, floor: Floor, fine: bool) -> None:
    works, number = built.works, len(built.units) + 1
    share = (works.building_area or Decimal(0)) / built.line.unit_count
    sheltered = (share * SHELTERED).quantize(Decimal("0.01"))
    unit = Unit(
        ProtectiveUnit(
            works=works,
            unit_no=f"{works.works_no}-F{number:02d}",
            name=f"防护单元{NUMERALS[number - 1]}",
            position=number,
            floor=floor,
            wartime_use=works.wartime_use,
            chemical_level=works.chemical_level,
            building_area=share.quantize(Decimal("0.01")),
            shelter_area=sheltered,
            capacity=int(sheltered / AREA_A_PERSON),
        )
    )
    built.units.append(unit)
    for position, name in enumerate((*SPECIAL_ROOMS, "掩蔽区"), start=1):
        number_text = f"{unit.row.unit_no}-R{position:03d}"
        unit.rooms[name] = Room(
            works=works,
            unit=unit.row,
            floor=floor,
            room_no=number_text,
            name=name,
            special=name in SPECIAL_ROOMS,
        )
    for rank in ("MAIN", "SECONDARY"):
        _entrance(built, unit, rank)
    _ventilation(built, unit, fine)


def _entrance(built: Built, unit: Unit, rank: str) -> None:
    number = built.next("K")
    entrance = Entrance(
        works=built.works,
        unit=unit.row,
        entrance_no=f"{built.works.works_no}-K{number:02d}",
        name=f"{number} 号口部",
        rank=rank,
    )
    unit.entrances.append(entrance)
    design = {"width_mm": 1500, "height_mm": 2000, "tilt_limit_deg": 0.3}
    unit.doors.append(
        _equip(built, "DOR", f"防护密闭门 M-{number:02d}", design, unit=unit, entrance=entrance)
    )


def _ventilation(built: Built, unit: Unit, fine: bool) -> None:
    chance = chance_of(unit.row.unit_no)
    supply, exhaust, filters = unit.rooms["进风机房"], unit.rooms["排风机房"], unit.rooms["滤毒室"]
    number = unit.row.position
    rated = chance.choice([8.4, 10.1, 11.6])
    flow = {"rated_a": rated, "wind_speed_ms": 6.5, "duct_pressure_pa": 320}
    made: dict[str, tuple[str, str, dict[str, Any], Room]] = {
        "FAN": ("FAN", f"送风机 SF-{number}", flow, supply),
        "EXH": ("FAN", f"排风机 PF-{number}", {**flow, "rated_a": 6.8}, exhaust),
        "FLD": (
            "FLD",
            f"油网滤尘器 LW-{number}",
            {"initial_pa": chance.choice([36, 42, 48])},
            supply,
        ),
        "FLT": ("FLT", f"过滤吸收器 RFP-{number}", {"limit_pa": 850, "flow_m3h": 1000}, filters),
        "PVL": (
            "PVL",
            f"超压排气活门 PS-{number}",
            {"design_pa": 50 if fine else 30},
            unit.rooms["掩蔽区"],
        ),
        "TNK": (
            "TNK",
            f"应急水箱 SX-{number}",
            {"capacity_m3": 24, "emergency_min_percent": 80},
            unit.rooms["掩蔽区"],
        ),
    }
    for key, (category, name, design, room) in made.items():
        unit.equipment[key] = _equip(built, category, name, design, unit=unit, room=room)


def _plant(built: Built) -> None:
    """What a work has once a floor, or once: sump pumps, power, a generator for large ones."""
    for floor in built.floors:
        first = next(unit for unit in built.units if unit.floor is floor)
        levels = {
            "start_mm": 1000,
            "stop_mm": 400,
            "high_mm": 1400,
            "very_high_mm": 1800,
            "rated_a": 5.6,
        }
        first.equipment["PMP"] = _equip(built, "PMP", f"{floor.code} 排污泵 WB-1", levels, unit=first)
    main = built.units[0]
    power = {"nominal_v": 220, "low_v": 198, "high_v": 242}
    main.equipment["PWR"] = _equip(built, "PWR", "低压配电柜 AP-1", power, unit=main)
    if built.line.area >= GENERATOR_FROM:
        tank = {"rated_power_kw": 120, "fuel_tank_l": 1000}
        main.equipment["GEN"] = _equip(built, "GEN", "柴油发电机组 G-1", tank, unit=main)


def _equip(built: Built, category: str, name: str, design: dict[str, Any], **place: Any) -> Equipment:
    number = built.next(category)
    unit = place.pop("unit")
    return Equipment(
        works=built.works,
        unit=unit.row,
        equipment_no=f"{built.works.works_no}-{category}-{number:03d}",
        category=category,
        name=name,
        installed_on=date(max(built.line.year, 2008), 6, 15),
        life_months=240,
        maintenance_months=6,
        design=design,
        **place,
    )

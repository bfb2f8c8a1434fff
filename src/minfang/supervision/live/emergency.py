"""A work in an emergency (114): whether it holds what its design promises."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from minfang.registry import definitions, wartime
from minfang.registry.models import ProtectiveUnit
from minfang.supervision.live import parts
from minfang.supervision.live.definitions import load
from minfang.supervision.live.parts import HOLD, LATE, OK, WARN, tone_of_level
from minfang.supervision.live.points import Point, Snapshot, of
from minfang.supervision.live.schemas import LiveEmergencyOut, LivePanelOut, LiveUnitReadinessOut

Judge = Callable[[Point], str]


@dataclass(frozen=True)
class Design:
    """What a use promises while isolated: Pa, hours, %, %, and litres of water a person."""

    pressure_pa: float
    isolation_h: float
    co2_percent: float
    o2_percent: float
    litres: float


def design_of(use: str) -> Design:
    """Limits of a war-time use while isolated (handbook §8.2), from the registry's design table."""
    data, rules = definitions.load("wartime"), load("live")
    known = data["uses"].get(use)
    values = data["air"].get(known["design"], {}) if known else {}
    water = rules["water"].get(wartime.category(use), rules["water"]["default"])
    return Design(
        float(values.get("overpressure", rules["emergency"]["dp_default_pa"])),
        float(values.get("isolation_hours", 0)),
        float(values.get("co2_max", 3.0)),
        float(values.get("o2_min", rules["emergency"]["o2_default_percent"])),
        water["drink_l"] * water["drink_days"] + water["use_l"] * water["use_days"],
    )


def view(snapshot: Snapshot) -> LiveEmergencyOut:
    """Panels for the work and for each unit; what was brought in during the emergency; how much is ready."""
    design = design_of(snapshot.works.wartime_use)
    panels = [
        *(make(snapshot, snapshot.points, design) for make in OF_A_WORK),
        *(make(snapshot, snapshot.points, design) for make in OF_A_UNIT),
    ]
    units = [_unit(snapshot, unit) for unit in snapshot.units]
    counted = [panel for panel in panels if panel.points]
    added = [point for point in snapshot.points if point.device.added_in_emergency]
    return LiveEmergencyOut(
        head=parts.head(snapshot),
        ready=sum(panel.tone == OK for panel in counted),
        counted=len(counted),
        panels=panels,
        units=units,
        added=parts.points_out(added, snapshot),
        worst=parts.worst_alarms(snapshot),
    )


def _unit(snapshot: Snapshot, unit: ProtectiveUnit) -> LiveUnitReadinessOut:
    use = unit.wartime_use or snapshot.works.wartime_use
    design = design_of(use)
    points = snapshot.by_unit.get(unit.pk, [])
    panels = [make(snapshot, points, design) for make in OF_A_UNIT]
    return LiveUnitReadinessOut(
        id=unit.pk,
        name=unit.name,
        floor=unit.floor.name if unit.floor else "",
        use=wartime.use_name(use),
        capacity=unit.capacity,
        isolation_h=design.isolation_h,
        tone=parts.worst_tone(panel.tone for panel in panels),
        panels=panels,
    )


def _panel(
    snapshot: Snapshot, code: str, name: str, points: list[Point], judge: Judge, limit: str, said: str
) -> LivePanelOut:
    """Old values prove nothing: they make a panel unknown, never ready."""
    tones = []
    for point in points:
        tone = HOLD if point.current is None else judge(point)
        tones.append(parts.worst_tone([tone, tone_of_level(point.level, HOLD)]))
    tone = parts.worst_tone(tones)
    if tone == OK and HOLD in tones:
        tone = WARN
    headline = said if any(point.current is not None for point in points) else "无当前数据"
    return LivePanelOut(
        code=code,
        name=name,
        tone=tone,
        headline=headline if points else "未安装",
        limit=limit,
        note=parts.old_note(points),
        points=parts.points_out(points, snapshot),
    )


def _values(points: Iterable[Point]) -> list[float]:
    return [point.current for point in points if point.current is not None]


def _low(points: list[Point], unit: str) -> str:
    values = _values(points)
    return f"最低 {min(values):g} {unit}" if values else ""


def _high(points: list[Point], unit: str) -> str:
    values = _values(points)
    return f"最高 {max(values):g} {unit}" if values else ""


def tank(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Emergency tanks against 80 %; how many litres the people sheltered need."""
    rules, found = load("live")["emergency"], of(points, "TANK", outside=None)
    people = sum(unit.capacity or 0 for unit in snapshot.units)
    need = people * design.litres

    def judge(point: Point) -> str:
        value = point.current or 0.0
        return OK if value >= rules["tank_percent"] else WARN if value >= rules["tank_low_percent"] else LATE

    limit = f"≥ {rules['tank_percent']} %" + (f"；储水需 {need / 1000:,.0f} m³" if need else "")
    return _panel(snapshot, "tank", "应急水箱", found, judge, limit, _low(found, "%"))


def generator(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Oil of the diesel station."""
    rules, found = load("live")["emergency"], of(points, "GEN", outside=None)

    def judge(point: Point) -> str:
        value = point.current or 0.0
        low = value >= rules["generator_low_percent"]
        return OK if value >= rules["generator_percent"] else WARN if low else LATE

    limit = f"油位 ≥ {rules['generator_percent']} %"
    return _panel(snapshot, "generator", "柴油电站", found, judge, limit, _low(found, "%"))


def power(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Mains and what carries on without them."""
    rules, found = load("live")["emergency"], of(points, "POWER", "UPS", outside=None)

    def judge(point: Point) -> str:
        value = point.current or 0.0
        if point.metric.code == "UPS":
            return OK if value >= rules["ups_percent"] else LATE
        return OK if rules["mains_low_v"] <= value <= rules["mains_high_v"] else LATE

    said = "、".join(point.text for point in found if point.current is not None)
    limit = f"{rules['mains_low_v']}–{rules['mains_high_v']} V；UPS ≥ {rules['ups_percent']} %"
    return _panel(snapshot, "power", "供电", found, judge, limit, said)


def pressure(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Over-pressure against the design value of the use, or of the valve where it is known."""
    rules, found = load("live")["emergency"], of(points, "DP")

    def wanted(point: Point) -> float:
        own = point.device.equipment.design if point.device.equipment else {}
        return float(own.get("design_pressure_pa") or design.pressure_pa)

    def judge(point: Point) -> str:
        share = (point.current or 0.0) / wanted(point)
        return OK if share >= 1 else WARN if share >= rules["dp_low_share"] else LATE

    limits = sorted({wanted(point) for point in found}) or [float(design.pressure_pa)]
    limit = "≥ " + "/".join(f"{value:g}" for value in limits) + " Pa"
    return _panel(snapshot, "pressure", "超压", found, judge, limit, _low(found, "Pa"))


def doors(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """All protective doors shut."""
    found = of(points, "DOORST", outside=None)
    values = _values(found)
    opened = [point.device.name for point in found if point.current]
    said = f"{len(values) - len(opened)} / {len(found)} 已关闭"
    return _panel(snapshot, "doors", "防护门", found, lambda p: LATE if p.current else OK, "全部关闭", said)


def fans(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Fans running."""
    found = of(points, "FAN", outside=None)
    said = f"{sum(_values(found)):g} / {len(found)} 运行"
    return _panel(snapshot, "fans", "通风机", found, lambda p: OK if p.current else LATE, "应急运行", said)


def filters(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Resistance of gas filters (Pa) and of dust filters (times the initial one)."""
    rules, found = load("live")["emergency"], of(points, "FILT_TOX", "FILT_DUST", outside=None)

    def judge(point: Point) -> str:
        value = point.current or 0.0
        if value < rules["filter_idle_pa"]:
            return WARN  # no air goes through it: nothing is known of its resistance
        if point.metric.code == "FILT_TOX":
            bad = value > rules["filter_tox_bad_pa"]
            return LATE if bad else WARN if value > rules["filter_tox_pa"] else OK
        own = point.device.equipment.design if point.device.equipment else {}
        share = value / float(own.get("initial_resistance_pa", rules["filter_dust_initial_pa"]))
        bad = share > rules["filter_dust_bad_share"]
        return LATE if bad else WARN if share > rules["filter_dust_share"] else OK

    gas = of(found, "FILT_TOX", outside=None)
    idle = max(_values(found), default=0.0) < rules["filter_idle_pa"]
    said = "未通风" if idle else _high(gas, "Pa") or _high(found, "Pa")
    return _panel(
        snapshot, "filters", "滤毒滤尘", found, judge, f"滤毒器 ≤ {rules['filter_tox_pa']} Pa", said
    )


def oxygen(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Oxygen against the limit of isolation."""
    limit, found, rules = design.o2_percent, of(points, "O2"), load("live")["emergency"]

    def judge(point: Point) -> str:
        value = point.current or 0.0
        return LATE if value < limit else WARN if value < limit + rules["o2_near_percent"] else OK

    return _panel(snapshot, "oxygen", "氧气", found, judge, f"隔绝 ≥ {limit:g} %VOL", _low(found, "%VOL"))


def carbon_dioxide(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Carbon dioxide against the limit of isolation (1 % is 10 000 ppm)."""
    limit, found = design.co2_percent * 10_000, of(points, "CO2")
    near = load("live")["emergency"]["co2_near_share"] * limit

    def judge(point: Point) -> str:
        value = point.current or 0.0
        return LATE if value > limit else WARN if value > near else OK

    said = "".join(f"最高 {value / 10_000:.2f} %" for value in sorted(_values(found))[-1:])
    return _panel(snapshot, "co2", "二氧化碳", found, judge, f"隔绝 ≤ {design.co2_percent:g} %", said)


def agents(snapshot: Snapshot, points: list[Point], design: Design) -> LivePanelOut:
    """Alarm devices for warfare agents."""
    found = of(points, "TOXIC", outside=None)
    hit = sum(bool(value) for value in _values(found))
    said = f"{hit} 处报警" if hit else "未检出"
    return _panel(snapshot, "agents", "毒剂报警", found, lambda p: LATE if p.current else OK, "未检出", said)


OF_A_WORK = (tank, power, generator, agents)
OF_A_UNIT = (pressure, doors, fans, filters, oxygen, carbon_dioxide)

"""A work in peace (113): the overall condition of each unit."""

from minfang.registry import wartime
from minfang.registry.models import ProtectiveUnit
from minfang.supervision.live import air, parts
from minfang.supervision.live.definitions import load
from minfang.supervision.live.parts import HOLD, LATE, OK, WARN, figure
from minfang.supervision.live.points import AlarmRow, Point, Snapshot, currents, of
from minfang.supervision.live.schemas import LiveFigureOut, LivePeaceOut, LiveScoreOut, LiveUnitOut

DOOR_BASIS = "按当前最大倾角：100 − 40×倾角/1.0°"
DAMP_BASIS = "当前湿度 ≤75 %RH 的测点占比"
AIR = ("CO2", "PM25", "CO", "O2", "TVOC")
AIR_TONES = {"GOOD": OK, "FAIR": OK, "LIGHT": WARN, "MEDIUM": WARN, "HEAVY": LATE, "SEVERE": LATE}


def view(snapshot: Snapshot) -> LivePeaceOut:
    """The whole view; devices of no unit stand in a row of their own."""
    rows = [_unit(snapshot, unit) for unit in snapshot.units]
    if snapshot.devices_of(None):
        rows.append(_unit(snapshot, None))
    return LivePeaceOut(head=parts.head(snapshot), units=rows, worst=parts.worst_alarms(snapshot))


def _unit(snapshot: Snapshot, unit: ProtectiveUnit | None) -> LiveUnitOut:
    number = unit.pk if unit else None
    points = snapshot.by_unit.get(number, [])
    devices, alarms = snapshot.devices_of(number), snapshot.alarms_of(number)
    return LiveUnitOut(
        id=number,
        name=unit.name if unit else "工程公共",
        floor=unit.floor.name if unit and unit.floor else "",
        use=wartime.use_name(unit.wartime_use) if unit else "",
        level=parts.worst_level(row["level"] for row in alarms),
        alarms=len(alarms),
        devices=len(devices),
        online=sum(device.pk in snapshot.heard for device in devices),
        temperature=_mean(snapshot, points, "TEMP"),
        humidity=_mean(snapshot, points, "HUMI"),
        air=_air(snapshot, points),
        water=_water(snapshot, points),
        doors=_doors(snapshot, points),
        ventilation=_ventilation(snapshot, points),
        scores=scores(points, alarms),
    )


def _mean(snapshot: Snapshot, points: list[Point], code: str) -> LiveFigureOut:
    found = of(points, code)
    values = currents(found)
    if not values:
        return figure(found, "", HOLD, snapshot)
    metric = found[0].metric
    mean = sum(values) / len(values)
    low, high = metric.normal_low, metric.normal_high
    outside = (low is not None and min(values) < low) or (high is not None and max(values) > high)
    spread = f"{min(values):g} 至 {max(values):g}" if len(values) > 1 else ""
    return figure(found, f"{mean:.1f} {metric.unit}", WARN if outside else OK, snapshot, spread)


def _air(snapshot: Snapshot, points: list[Point]) -> LiveFigureOut:
    found = of(points, *AIR)
    quality = air.quality(found)
    text = f"{quality.name} {quality.index}" if quality.index is not None else quality.name
    because = f"首要因素 {quality.because}" if quality.because else ""
    return figure(found, text, AIR_TONES.get(quality.code, HOLD), snapshot, because)


def _water(snapshot: Snapshot, points: list[Point]) -> LiveFigureOut:
    contacts, sumps = of(points, "WATER", outside=None), of(points, "SUMP", outside=None)
    wet = sum(value == 1 for value in currents(contacts))
    tones, said = [OK], []
    for point in sumps:
        if point.current is not None:
            design = point.device.equipment.design if point.device.equipment else {}
            high, start = design.get("high_level_mm"), design.get("start_level_mm")
            over = high is not None and point.current >= high
            tones.append(LATE if over else OK)
            share = f"（启泵 {start:g}）" if isinstance(start, int | float) else ""
            said.append(f"液位 {point.current:g} mm{share}")
    text = f"{wet} 处有水" if wet else ("无水浸" if currents(contacts) else "液位正常")
    return figure(
        contacts + sumps, text, parts.worst_tone([LATE if wet else OK, *tones]), snapshot, "；".join(said)
    )


def _doors(snapshot: Snapshot, points: list[Point]) -> LiveFigureOut:
    states, tilts = of(points, "DOORST", outside=None), of(points, "TILT", outside=None)
    opened, angles = currents(states), currents(tilts)
    text = f"{sum(opened):g} 开 / {len(opened)} 扇" if opened else "倾角正常"
    worst = max(angles, default=0.0)
    limit = tilts[0].metric.normal_high if tilts else None
    leaning = limit is not None and worst > limit
    if leaning and not opened:
        text = "倾角偏大"
    note = f"最大倾角 {worst:g}°" if angles else ""
    return figure(states + tilts, text, WARN if leaning else OK, snapshot, note)


def _ventilation(snapshot: Snapshot, points: list[Point]) -> LiveFigureOut:
    fans = of(points, "FAN", outside=None)
    others = of(points, "WIND", "AIRP", "FILT_DUST", "FILT_TOX", outside=None)
    running = currents(fans)
    text = f"{sum(running):g} 运行 / {len(running)} 台" if running else "风机状态未接入"
    filters = [p for p in others if p.metric.code.startswith("FILT") and p.current]
    note = "；".join(f"{point.metric.name} {point.text}" for point in filters)
    return figure(fans + others, text, OK, snapshot, note)


def scores(points: list[Point], alarms: list[AlarmRow]) -> list[LiveScoreOut]:
    """Scores of §9.6 as far as this moment tells; those over a month stand on the indicator pages."""
    rules = load("live")["score"]
    weights = {int(level): weight for level, weight in rules["hazard"].items()}
    lost = sum(weights[row["level"]] for row in alarms)
    late = sum(row["overdue_at"] is not None for row in alarms)
    hazard = max(0, 100 - lost - rules["overdue"] * late)
    found = [
        LiveScoreOut(
            code="hazard",
            name="隐患预警",
            value=hazard,
            basis="100 − 未闭环预警（红20 橙10 黄4 蓝1）− 5×逾期数",
        )
    ]
    angles = currents(of(points, "TILT", outside=None))
    if angles:
        door = round(100 - 40 * min(1.0, max(angles)))
        found.append(LiveScoreOut(code="door", name="防护门", value=door, basis=DOOR_BASIS))
    damp = currents(of(points, "HUMI"))
    if damp:
        share = round(100 * sum(value <= 75 for value in damp) / len(damp))
        found.append(LiveScoreOut(code="humidity", name="湿度达标", value=share, basis=DAMP_BASIS))
    return found

"""Parts all three views are put together of."""

from collections.abc import Iterable, Sequence

from minfang.registry import districts
from minfang.registry.models import OpState
from minfang.registry.sensor_types import GATEWAY
from minfang.supervision.live.points import Point, Snapshot
from minfang.supervision.live.schemas import LiveAlarmOut, LiveFigureOut, LiveHeadOut, LivePointOut

OK, WARN, LATE, HOLD = "ok", "warn", "late", "hold"
ORDER = {HOLD: 0, OK: 1, WARN: 2, LATE: 3}
MOST_ALARMS = 8


def point_out(point: Point, snapshot: Snapshot) -> LivePointOut:
    """One series as the page shows it."""
    device = point.device
    age = None if point.ts is None else max(0, int((snapshot.now - point.ts).total_seconds()))
    room = device.room.name if device.room else ""
    return LivePointOut(
        series_id=point.series_id,
        device_id=device.pk,
        device=device.name,
        place=room or device.position,
        metric=point.metric.code,
        metric_name=point.metric.name,
        unit=point.metric.unit,
        outside=device.outside,
        value=point.value,
        text=point.text,
        ts=point.ts,
        age=age,
        stale=point.stale,
        doubtful=point.doubtful,
        level=point.level,
    )


def points_out(points: Iterable[Point], snapshot: Snapshot) -> list[LivePointOut]:
    """Several."""
    return [point_out(point, snapshot) for point in points]


def tone_of_level(level: int | None, otherwise: str = OK) -> str:
    """Red and orange alarms are worse than yellow and blue ones."""
    if level is None:
        return otherwise
    return LATE if level <= 2 else WARN


def worst_level(levels: Iterable[int | None]) -> int | None:
    """The gravest of these."""
    found = [level for level in levels if level is not None]
    return min(found) if found else None


def worst_tone(tones: Iterable[str]) -> str:
    """The worst of these; nothing known where there are none."""
    return max(tones, key=ORDER.__getitem__, default=HOLD)


def old_note(points: Sequence[Point]) -> str:
    """How many of these must not pass for current."""
    silent = sum(point.value is None for point in points)
    old = sum(point.stale for point in points) - silent
    said = [f"{old} 个数据已过期"] if old else []
    return "、".join(said + ([f"{silent} 个尚未上报"] if silent else []))


def figure(
    points: Sequence[Point], text: str, tone: str, snapshot: Snapshot, note: str = ""
) -> LiveFigureOut:
    """A figure over these points: an alarm on one of them shows, old values are told."""
    if not points:
        return LiveFigureOut(tone=HOLD, text="未安装", note="", points=[])
    fresh = [point for point in points if not point.stale]
    level = worst_level(point.level for point in points)
    shown = max((tone if fresh else HOLD, tone_of_level(level, HOLD)), key=ORDER.__getitem__)
    notes = "；".join(part for part in (note if fresh else "", old_note(points)) if part)
    return LiveFigureOut(
        tone=shown, text=text if fresh else "无当前数据", note=notes, points=points_out(points, snapshot)
    )


def head(snapshot: Snapshot) -> LiveHeadOut:
    """The line above a view."""
    works = snapshot.works
    sensors = [device for device in snapshot.devices if device.sensor_type != GATEWAY]
    counts = [sum(row["level"] == level for row in snapshot.alarms) for level in (1, 2, 3, 4)]
    return LiveHeadOut(
        id=works.pk,
        works_no=works.works_no,
        name=works.name,
        district=district_name(works.district_code),
        op_state=works.op_state,
        op_state_name=OpState(works.op_state).label,
        as_of=snapshot.now,
        devices=len(sensors),
        online=sum(device.pk in snapshot.heard for device in sensors),
        alarms=counts,
        level=worst_level(row["level"] for row in snapshot.alarms),
    )


def worst_alarms(snapshot: Snapshot) -> list[LiveAlarmOut]:
    """The gravest open alarms, the oldest first among equals."""
    names = {unit.pk: unit.name for unit in snapshot.units}
    rows = sorted(snapshot.alarms, key=lambda row: (row["level"], row["id"]))[:MOST_ALARMS]
    return [
        LiveAlarmOut(
            id=row["id"],
            number=row["number"],
            title=row["title"],
            level=row["level"],
            state=row["state"],
            unit=names.get(row["unit_id"] or 0, "工程公共"),
        )
        for row in rows
    ]


def district_name(code: str) -> str:
    """The name of a district; a code that is none stands for itself."""
    try:
        return districts.district(code).name
    except LookupError:
        return code

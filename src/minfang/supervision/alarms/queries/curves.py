"""The readings around an alarm, with the thresholds of its rule and the time the condition had to hold."""

from datetime import datetime, timedelta
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.models import Alarm, Level
from minfang.supervision.alarms.queries.detail import one
from minfang.supervision.alarms.schemas import AlarmCurve, AlarmCurvePoint, AlarmLine
from minfang.supervision.alarms.times import moment
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.queries import curve as readings

POINTS = 240
BEFORE, AFTER, LONGEST = timedelta(minutes=90), timedelta(minutes=30), timedelta(hours=24)
LEAST_POINTS = 20
"""So many readings of a slow device stand before its alarm, however far back that is."""


def curve_of(access: Access, number: str) -> AlarmCurve:
    """The curve of one alarm; what the alarm itself kept where the readings are no longer stored."""
    alarm = one(access, number)
    known = metrics.catalogue().get(alarm.metric)
    tests = _tests(alarm)
    hold = next((t["hold_seconds"] for level, t in tests if level == _raised_level(alarm)), 0)
    points = _points(alarm, hold)
    reached = _reached(alarm)
    held_from = reached - timedelta(seconds=hold) if hold else None
    first = next((p for p in points if held_from and p.t >= held_from.timestamp()), None)
    return AlarmCurve(
        unit=known.unit if known else "",
        name=known.name if known else alarm.title,
        points=points,
        lines=_lines(alarm, tests),
        hold_from=held_from.timestamp() if held_from else None,
        raised=alarm.opened_at.timestamp(),
        reached=reached.timestamp(),
        first=first,
    )


def _raised_level(alarm: Alarm) -> int:
    return int(alarm.explanation.get("level") or alarm.level)


def _reached(alarm: Alarm) -> datetime:
    """When it came to the level it has: when it opened, or when it rose."""
    at = alarm.explanation.get("at")
    return max(moment(int(at)), alarm.opened_at) if at is not None else alarm.opened_at


def _period(alarm: Alarm) -> timedelta:
    """How often it is measured: as its device is set, or as its kind where that is another one."""
    known, device = metrics.catalogue().get(alarm.metric), alarm.device
    if device is not None and (known is None or alarm.metric == device.sensor_type):
        return timedelta(seconds=device.period_seconds)
    return timedelta(seconds=known.period if known else 0)


def _tests(alarm: Alarm) -> list[tuple[int, dict[str, Any]]]:
    """The first comparison of each level of the rule version, with plain numbers only."""
    if alarm.rule_version is None:
        return []
    found = []
    for level in alarm.rule_version.definition.get("levels") or ():
        test = (level.get("when") or [{}])[0]
        found.append((int(level["level"]), {"hold_seconds": 0, **test}))
    return found


def _lines(alarm: Alarm, tests: list[tuple[int, dict[str, Any]]]) -> list[AlarmLine]:
    lines = []
    for level, test in tests:
        value = alarm.threshold if level == _raised_level(alarm) else test.get("value")
        if isinstance(value, int | float):
            clear = test.get("clear")
            lines.append(
                AlarmLine(
                    level=level,
                    label=Level(level).label,
                    value=value,
                    clear=clear if isinstance(clear, int | float) else None,
                )
            )
    if not lines and alarm.threshold is not None:
        label = Level(alarm.level).label
        lines.append(AlarmLine(level=alarm.level, label=label, value=alarm.threshold, clear=None))
    return lines


def _points(alarm: Alarm, hold: int) -> list[AlarmCurvePoint]:
    start = alarm.opened_at - max(BEFORE, timedelta(seconds=6 * hold), LEAST_POINTS * _period(alarm))
    until = (alarm.cleared_at or alarm.closed_at or clock.now()) + AFTER
    end = min(until, max(alarm.opened_at, alarm.last_at) + LONGEST, clock.now())
    stored = _stored(alarm, start, end)
    if stored:
        return stored
    kept = alarm.explanation.get("readings") or ()
    return [AlarmCurvePoint(t=at / 1e6, low=v, mean=v, high=v) for at, v in kept if v is not None]


def _stored(alarm: Alarm, start: datetime, end: datetime) -> list[AlarmCurvePoint]:
    if alarm.series_id is None or end <= start:
        return []
    return [
        AlarmCurvePoint(t=at.timestamp(), low=low, mean=mean, high=high)
        for at, low, mean, high in readings(alarm.series_id, start, end, POINTS)
    ]

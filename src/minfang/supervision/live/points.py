"""What a work's devices say now: the newest value of each series, its age, and the alarm on it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypedDict, cast

from minfang.kernel.base import clock
from minfang.registry.models import Device, ProtectiveUnit, Works
from minfang.registry.sensor_types import GATEWAY
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.live.definitions import load
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.metrics import Metric
from minfang.supervision.telemetry.models import Quality, Series


class AlarmRow(TypedDict):
    """What the views know of an open alarm."""

    id: int
    number: str
    title: str
    level: int
    unit_id: int | None
    device_id: int | None
    series_id: int | None
    state: str
    overdue_at: datetime | None


@dataclass(frozen=True)
class Point:
    """One series as it stands: ``value`` is the last one known, ``stale`` says it must not pass for current.

    ``level`` is that of the worst open alarm on it (1 the gravest), ``None`` without one.
    """

    device: Device
    metric: Metric
    series_id: int = 0
    value: float | None = None
    ts: datetime | None = None
    stale: bool = True
    doubtful: bool = False
    level: int | None = None

    @property
    def current(self) -> float | None:
        """The value, if it is one of now."""
        return None if self.stale else self.value

    @property
    def text(self) -> str:
        """The value as a person reads it."""
        return "无数据" if self.value is None else self.metric.say(self.value)


@dataclass
class Snapshot:
    """A work at one instant: units, devices, points, open alarms; four queries whatever its size."""

    works: Works
    now: datetime
    units: list[ProtectiveUnit]
    devices: list[Device]
    points: list[Point]
    alarms: list[AlarmRow] = field(default_factory=list)

    @cached_property
    def by_unit(self) -> dict[int | None, list[Point]]:
        """Points by unit; ``None`` is what belongs to the whole work."""
        found: dict[int | None, list[Point]] = defaultdict(list)
        for point in self.points:
            found[point.device.unit_id].append(point)
        return found

    def devices_of(self, unit_id: int | None) -> list[Device]:
        """Devices of a unit, without gateways."""
        return [d for d in self.devices if d.unit_id == unit_id and d.sensor_type != GATEWAY]

    def alarms_of(self, unit_id: int | None) -> list[AlarmRow]:
        """Open alarms of a unit."""
        return [row for row in self.alarms if row["unit_id"] == unit_id]

    @cached_property
    def heard(self) -> set[int]:
        """Devices with a value of now."""
        return {point.device.pk for point in self.points if not point.stale}


def of(points: Iterable[Point], *codes: str, outside: bool | None = False) -> list[Point]:
    """Points of these metrics; ``outside`` None takes both sides."""
    return [
        point
        for point in points
        if point.metric.code in codes and (outside is None or point.device.outside is outside)
    ]


def currents(points: Iterable[Point]) -> list[float]:
    """The values of now."""
    return [point.value for point in points if not point.stale and point.value is not None]


def read(works: Works) -> Snapshot:
    """Everything the live views of one work are made of."""
    now = clock.now()
    devices = list(
        Device.objects.filter(works=works, retired_at=None).select_related(
            "unit", "floor", "room", "entrance", "equipment"
        )
    )
    rows = Alarm.objects.filter(works=works, closed_at=None).values(*AlarmRow.__annotations__)
    alarms = cast(list[AlarmRow], list(rows))
    units = list(
        ProtectiveUnit.objects.filter(works=works).select_related("floor").order_by("position", "pk")
    )
    return Snapshot(works, now, units, devices, _points(works, devices, alarms, now), alarms)


def _points(works: Works, devices: list[Device], alarms: list[AlarmRow], now: datetime) -> list[Point]:
    by_id = {device.pk: device for device in devices}
    worst: dict[int, int] = {}
    for row in alarms:
        if row["series_id"]:
            worst[row["series_id"]] = min(worst.get(row["series_id"], 9), row["level"])
    rows = (
        Series.objects.filter(device__works=works)
        .order_by("device__device_no", "metric")
        .values_list("id", "device_id", "metric", "latest__value", "latest__ts", "latest__quality")
    )
    known = metrics.catalogue()
    found = [
        _point(by_id[device_id], known[code], number, (value, ts, quality), worst.get(number), now)
        for number, device_id, code, value, ts, quality in rows
        if device_id in by_id and code in known
    ]
    return found + _never_heard(devices, {(p.device.pk, p.metric.code) for p in found})


def _never_heard(devices: list[Device], heard: set[tuple[int, str]]) -> list[Point]:
    """Devices that have not said a word yet stand there without a value."""
    known = metrics.catalogue()
    return [
        Point(device, known[device.sensor_type])
        for device in devices
        if device.sensor_type in known and (device.pk, device.sensor_type) not in heard
    ]


def _point(
    device: Device,
    metric: Metric,
    number: int,
    latest: tuple[Any, Any, Any],
    level: int | None,
    now: datetime,
) -> Point:
    value, ts, quality = latest
    if ts is None:
        return Point(device, metric, number, level=level)
    period = device.period_seconds if device.sensor_type == metric.code else metric.period
    old = (now - ts).total_seconds() > load("live")["time"]["stale_periods"] * period
    return Point(device, metric, number, value, ts, old, quality in (Quality.DOUBTFUL, Quality.BAD), level)

"""What the engine must know beside readings: devices and their places, calendar, readiness, last values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from minfang.kernel.workdays.calendar import Calendar
from minfang.supervision.rules.definition import Place
from minfang.supervision.rules.schedule import Readiness


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """One series with its device and the place it hangs at; ``period`` in seconds."""

    series: int
    metric: str
    works_id: int
    works_no: str
    works: str
    device_no: str
    device: str
    unit_id: int | None = None
    unit_no: str = ""
    unit: str = ""
    room_id: int | None = None
    room: str = ""
    special: bool = False
    equipment_id: int | None = None
    equipment_category: str = ""
    design: Mapping[str, Any] = field(default_factory=dict)
    district: str = ""
    management_level: str = ""
    place: str = ""
    period: int = 300

    def place_key(self, place: Place) -> tuple[str, int] | None:
        """The neighbourhood it belongs to; ``None`` if it hangs in none of that kind."""
        number = {
            Place.EQUIPMENT: self.equipment_id,
            Place.ROOM: self.room_id,
            Place.UNIT: self.unit_id,
            Place.WORKS: self.works_id,
        }[place]
        return None if number is None else (place.value, number)


@dataclass
class Facts:
    """All of it at one time. ``memory`` holds the newest (ts, value, quality) of each series."""

    series: dict[int, SeriesFacts]
    calendar: Calendar = field(default_factory=Calendar)
    readiness: Readiness = field(default_factory=Readiness)
    memory: dict[int, tuple[int, float, int]] = field(default_factory=dict)

    @cached_property
    def _by_metric(self) -> dict[str, list[SeriesFacts]]:
        found: dict[str, list[SeriesFacts]] = {}
        for row in self.series.values():
            found.setdefault(row.metric, []).append(row)
        return found

    def of_metric(self, metric: str) -> list[SeriesFacts]:
        """The series of one metric."""
        return self._by_metric.get(metric, [])

    @classmethod
    def of(cls, series: Iterable[SeriesFacts], **rest: Any) -> "Facts":
        """Facts of these series."""
        return cls({row.series: row for row in series}, **rest)

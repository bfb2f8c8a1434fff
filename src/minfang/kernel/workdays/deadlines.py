"""Time limits that pause and resume. Pure: the calendar and today are arguments.

The day of the start is not counted (受理次日起算), and neither is the day a pause ends: a pause from the
26th to the 3rd takes out the days after the 26th through the 3rd. Pauses that overlap count once.
Working days by 行政许可法 第八十二条; lights by the domain handbook §4.9.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Literal

from minfang.kernel.workdays.calendar import Calendar, add_natural

Unit = Literal["working", "natural"]
Pause = tuple[date, date | None]


class Light(StrEnum):
    """How a time limit stands: in time, close, overdue, paused."""

    GREEN = "GREEN"
    YELLOW = "YELLOW"
    RED = "RED"
    GREY = "GREY"


@dataclass(frozen=True)
class Deadline:
    """A limit of ``limit`` (+ ``extension``) days from ``start``; a pause without end is still running."""

    start: date
    limit: int
    unit: Unit = "working"
    suspensions: tuple[Pause, ...] = ()
    extension: int = 0

    @property
    def allowed(self) -> int:
        """Days allowed in all, the extension included."""
        return self.limit + self.extension

    def due(self, cal: Calendar, today: date | None = None) -> date:
        """The last day in time. A running pause counts through ``today``, or not at all without one."""
        left, cursor = self.allowed, self.start
        for begin, end in self._pauses(today or date.min):
            open_days = self._count(cal, cursor, begin)
            if open_days >= left:
                break
            left, cursor = left - open_days, end
        return cal.add(cursor, left) if self.unit == "working" else add_natural(cursor, left)

    def elapsed(self, cal: Calendar, today: date) -> int:
        """Days used up through ``today``, pauses taken out; 0 before the start."""
        if today <= self.start:
            return 0
        paused = sum(
            self._count(cal, begin, min(end, today)) for begin, end in self._pauses(today) if begin < today
        )
        return self._count(cal, self.start, today) - paused

    def remaining(self, cal: Calendar, today: date) -> int:
        """Days left; negative when overdue."""
        return self.allowed - self.elapsed(cal, today)

    def is_paused(self, today: date) -> bool:
        """Whether the clock stands still on ``today``."""
        return any(begin <= today and (end is None or today < end) for begin, end in self.suspensions)

    def light(self, cal: Calendar, today: date, warn_ratio: float = 0.7, warn_days: int = 1) -> Light:
        """Grey while paused, red past the due day, yellow from ``warn_ratio`` on or ``warn_days`` left."""
        if self.is_paused(today):
            return Light.GREY
        if today > self.due(cal, today):
            return Light.RED
        elapsed = self.elapsed(cal, today)
        if self.allowed - elapsed <= warn_days or elapsed / self.allowed >= warn_ratio:
            return Light.YELLOW
        return Light.GREEN

    def days_before(self, cal: Calendar, days: int) -> date:
        """The working day ``days`` before the due day (T−3, T−1: when warnings go out)."""
        return cal.add(self.due(cal), -days)

    def _count(self, cal: Calendar, start: date, end: date) -> int:
        return cal.between(start, end) if self.unit == "working" else (end - start).days

    @cached_property
    def _sorted(self) -> list[Pause]:
        return sorted(self.suspensions, key=lambda pause: pause[0])

    def _pauses(self, open_until: date) -> Iterator[tuple[date, date]]:
        """The pauses after the start, merged and in order; a running one ends on ``open_until``."""
        current: tuple[date, date] | None = None
        for first, last in self._sorted:
            begin, end = max(first, self.start), last or max(open_until, first)
            if end <= begin:
                continue
            if current and begin <= current[1]:
                current = (current[0], max(current[1], end))
                continue
            if current:
                yield current
            current = (begin, end)
        if current:
            yield current

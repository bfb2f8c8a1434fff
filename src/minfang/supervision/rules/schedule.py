"""When a rule is live: kind of day and minute windows in Shanghai time (no summer time since 1991)."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from minfang.kernel.base.clock import SHANGHAI
from minfang.kernel.workdays.calendar import Calendar
from minfang.supervision.rules.definition import DAY_MINUTES, DayKind, Schedule

US = 1_000_000
MINUTE_US = 60 * US
DAY_US = 86400 * US
EAST_US = 8 * 3600 * US
EPOCH = date(1970, 1, 1).toordinal()
EPOCH_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
LOOK_AHEAD_DAYS = 60


def micros(instant: datetime) -> int:
    """An aware instant as µs since the epoch, exact."""
    return (instant - EPOCH_INSTANT) // timedelta(microseconds=1)


def instant(ts: int) -> datetime:
    """µs since the epoch as an aware instant in Shanghai."""
    return (EPOCH_INSTANT + timedelta(microseconds=ts)).astimezone(SHANGHAI)


def day_start(day: date) -> int:
    """The first µs of a Shanghai day."""
    return (day.toordinal() - EPOCH) * DAY_US - EAST_US


class LiveTimes:
    """The live spans of one schedule under one calendar; asks cost a look-up after the first of a day."""

    def __init__(self, schedule: Schedule, calendar: Calendar) -> None:
        self.schedule = schedule
        self._calendar = calendar
        whole = [(w.start, w.end) for w in schedule.windows] == [(0, DAY_MINUTES)]
        self.always = whole and schedule.days is DayKind.EVERYDAY
        self._spans_of = lru_cache(maxsize=200)(self._compute)

    def _applies(self, day: date) -> bool:
        if self.schedule.days is DayKind.EVERYDAY:
            return True
        return self._calendar.is_workday(day) == (self.schedule.days is DayKind.WORKDAY)

    def _compute(self, number: int) -> tuple[tuple[int, int], ...]:
        if not self._applies(date.fromordinal(number + EPOCH)):
            return ()
        begin = number * DAY_US - EAST_US
        spans = []
        for window in self.schedule.windows:
            end = window.end if window.end > window.start else window.end + DAY_MINUTES
            spans.append((begin + window.start * MINUTE_US, begin + end * MINUTE_US))
        return tuple(sorted(spans))

    def is_live(self, ts: int) -> bool:
        """Whether the rule may raise at this instant."""
        if self.always:
            return True
        number = (ts + EAST_US) // DAY_US
        return any(a <= ts < b for day in (number, number - 1) for a, b in self._spans_of(day))

    def next_change(self, ts: int) -> int | None:
        """The next instant after ``ts`` at which being live ends or begins; ``None`` if far away or never."""
        if self.always:
            return None
        number = (ts + EAST_US) // DAY_US
        before = self.is_live(ts)
        for day in range(number - 1, number + LOOK_AHEAD_DAYS):
            edges = sorted({edge for span in self._spans_of(day) for edge in span if edge > ts})
            for edge in edges:
                if self.is_live(edge) != before:
                    return self._earliest(ts, edge, before)
        return None

    def _earliest(self, ts: int, found: int, before: bool) -> int:
        """An edge of the following day may come before the one found."""
        number = (found + EAST_US) // DAY_US
        edges = (e for day in (number - 1, number) for span in self._spans_of(day) for e in span)
        return min([found, *(e for e in edges if ts < e < found and self.is_live(e) != before)])

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The live spans within [start, end), joined where they touch."""
        at, live = start, self.is_live(start)
        while at < end:
            change = self.next_change(at)
            stop = end if change is None else min(change, end)
            if live:
                yield at, stop
            at, live = stop, not live


class Readiness:
    """The readiness of works through time: instants of change and what was in force from each."""

    def __init__(self) -> None:
        self._times: dict[int, list[int]] = {}
        self._states: dict[int, list[str]] = {}

    def begin(self, works: int, state: str) -> None:
        """What was in force before the first change that is known."""
        self._times[works], self._states[works] = [], [state]

    def change(self, works: int, at: int, state: str) -> None:
        """From ``at`` on the work is in ``state``."""
        times = self._times.setdefault(works, [])
        states = self._states.setdefault(works, ["PEACE"])
        place = bisect_right(times, at)
        times.insert(place, at)
        states.insert(place + 1, state)

    def at(self, works: int, ts: int) -> str:
        """The readiness at an instant; peace where nothing is known."""
        if works not in self._times:
            return "PEACE"
        return self._states[works][bisect_right(self._times[works], ts)]

    def next_change(self, works: int, ts: int) -> int | None:
        """The next known change after an instant."""
        times = self._times.get(works, [])
        place = bisect_right(times, ts)
        return times[place] if place < len(times) else None

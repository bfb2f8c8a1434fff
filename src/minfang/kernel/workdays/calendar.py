"""Which days are working days, and how to count them. Pure: no database, no clock.

A calendar is Monday to Friday corrected by the yearly notice on public holidays (节假日) and the
weekend days worked in exchange (调休). Only the corrections are kept, so counting between two dates is
two look-ups however far apart they are.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate

SATURDAY = 5


def is_weekday(day: date) -> bool:
    """Monday to Friday, whatever the holiday notice says."""
    return day.weekday() < SATURDAY


def _weekdays_through(ordinal: int) -> int:
    """Mondays to Fridays from day 1 of the Gregorian ordinal (a Monday) through ``ordinal``."""
    return ordinal // 7 * 5 + min(ordinal % 7, 5)


@dataclass(frozen=True)
class Calendar:
    """Working days of a place. ``corrections`` holds the days that differ from Monday-to-Friday.

    ``known_years`` are the years an official notice was imported for; every other year is counted as
    plain Monday-to-Friday and is provisional (see ``is_provisional``).
    """

    corrections: Mapping[date, bool] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()
    _ordinals: list[int] = field(init=False, repr=False, compare=False)
    _sums: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        real = sorted((d.toordinal(), work) for d, work in self.corrections.items() if work != is_weekday(d))
        object.__setattr__(self, "_ordinals", [ordinal for ordinal, _ in real])
        object.__setattr__(self, "_sums", [0, *accumulate(1 if work else -1 for _, work in real)])

    @classmethod
    def of_days(cls, days: Iterable[tuple[date, bool]], known_years: Iterable[int] = ()) -> "Calendar":
        """A calendar from rows (day, is it a working day)."""
        corrections = {day: work for day, work in days if work != is_weekday(day)}
        return cls(corrections, frozenset(known_years))

    def is_workday(self, day: date) -> bool:
        """Whether offices work on ``day``."""
        return self.corrections.get(day, is_weekday(day))

    def is_provisional(self, day: date) -> bool:
        """Whether no official notice covers the year of ``day``, so that counts over it may still change."""
        return day.year not in self.known_years

    def between(self, start: date, end: date) -> int:
        """Working days in (start, end]: the first day is not counted, the last one is.

        Negative when ``end`` lies before ``start``: spans add up in any order of their ends.
        """
        return self._through(end.toordinal()) - self._through(start.toordinal())

    def add(self, start: date, days: int) -> date:
        """The ``days``-th working day after ``start`` (before it when negative); ``start`` itself for 0."""
        if days == 0:
            return start
        origin = start.toordinal()
        target = self._through(origin) + days
        reach = 2 * abs(days) + 30
        low, high = (origin, origin + reach) if days > 0 else (max(1, origin - reach), origin)
        while days > 0 and self._through(high) < target:
            high += reach
        while days < 0 and low > 1 and self._through(low) >= target:
            low = max(1, low - reach)
        span = range(low, high + 1)
        return date.fromordinal(span[bisect_left(span, target, key=self._through)])

    def _through(self, ordinal: int) -> int:
        return _weekdays_through(ordinal) + self._sums[bisect_right(self._ordinals, ordinal)]


def add_natural(start: date, days: int) -> date:
    """The day ``days`` calendar days after ``start``."""
    return start + timedelta(days=days)

"""Say of a copied case what was said of the photographed one: its own names, numbers and times."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from minfang.kernel.base import clock

MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:([ T])(\d\d:\d\d)(:\d\d)?)?")


@dataclass
class Times:
    """Moves moments: what happened at a beat of the photograph happens at the same beat of the copy."""

    before: tuple[datetime, ...]
    after: tuple[datetime, ...]
    days: dict[date, date] = field(default_factory=dict)

    def move(self, at: datetime) -> datetime:
        """The moment in the copy's life."""
        index = max(bisect_right(self.before, at + timedelta(seconds=1)) - 1, 0)
        return self.after[index] + (at - self.before[index])

    def day(self, day: date) -> date:
        """A due day that was told, or the day of a beat."""
        if day in self.days:
            return self.days[day]
        for before, after in zip(self.before, self.after, strict=True):
            if clock.day_of(before) == day:
                return clock.day_of(after)
        return day


@dataclass
class Rewriter:
    """Replaces names and moments in texts and JSON."""

    names: Mapping[str, str]
    times: Times

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        known = sorted((name for name in self.names if name), key=len, reverse=True)
        return re.compile("|".join(re.escape(name) for name in known) or r"(?!)")

    def text(self, text: str) -> str:
        """A text of the photograph as the copy says it."""
        if not text:
            return text
        return MOMENT.sub(self._moment, self._pattern.sub(lambda found: self.names[found.group()], text))

    def _moment(self, found: re.Match[str]) -> str:
        day, between, minutes, seconds = found.groups()
        try:
            if minutes is None:
                return self.times.day(date.fromisoformat(day)).isoformat()
            at = datetime.fromisoformat(f"{day} {minutes}{seconds or ':00'}").replace(tzinfo=clock.SHANGHAI)
        except ValueError:
            return found.group()
        form = f"%Y-%m-%d{between}%H:%M" + (":%S" if seconds else "")
        return self.times.move(at).astimezone(clock.SHANGHAI).strftime(form)

    def value(self, value: Any) -> Any:
        """A JSON value, whatever is in it."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value

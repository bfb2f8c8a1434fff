"""The arithmetic of the models: rates, smoothing, means, percentiles, windows. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from typing import Any

MOST_TIMES = 500
"""Firings of one alarm looked at one by one; more than any threshold asks for."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Judged alarms: how many were false, how many real. Duplicates and tests count for neither."""

    false: int = 0
    real: int = 0

    @property
    def judged(self) -> int:
        return self.false + self.real

    @property
    def raw(self) -> float | None:
        """False alarms among the judged ones."""
        return self.false / self.judged if self.judged else None

    def smoothed(self, alpha: float, beta: float) -> float:
        """``(false + α) / (judged + α + β)``: a handful of alarms proves little."""
        return (self.false + alpha) / (self.judged + alpha + beta)

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(self.false + other.false, self.real + other.real)


@dataclass(frozen=True, slots=True)
class Judged:
    """A rate beside its peers. ``limit`` is the least rate that would be marked, ``None`` when too few."""

    rate: float
    mean: float | None
    limit: float | None
    small: bool
    flagged: bool


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of a whole population."""
    mean = sum(values) / len(values)
    return mean, sqrt(sum((value - mean) ** 2 for value in values) / len(values))


def judge(
    groups: Mapping[str, Counts], peers: Mapping[str, str], rule: Mapping[str, Any], prior: Mapping[str, Any]
) -> dict[str, Judged]:
    """Which groups stand out among those with the same value in ``peers``; groups too small are not compared.

    A group with no peer large enough is compared with all groups.
    """
    rates = {key: _rate(counts, rule, prior) for key, counts in groups.items()}
    large = [key for key, counts in groups.items() if counts.judged >= rule["sample"]]
    found = {}
    for key, counts in groups.items():
        beside = [rates[k] for k in large if peers[k] == peers[key]]
        if len(beside) < 2:
            beside = [rates[k] for k in large]
        mean, deviation = spread(beside) if beside else (None, 0.0)
        small = counts.judged < rule["sample"]
        limit = None if small else _limit(mean, deviation, rule)
        flagged = limit is not None and rates[key] > limit
        found[key] = Judged(rates[key], mean, limit, small, flagged)
    return found


def _rate(counts: Counts, rule: Mapping[str, Any], prior: Mapping[str, Any]) -> float:
    return counts.smoothed(prior["alpha"], prior["beta"]) if rule.get("smoothed") else (counts.raw or 0.0)


def _limit(mean: float | None, deviation: float, rule: Mapping[str, Any]) -> float:
    """The lower of mean + σ, and the share that is also ``ratio`` times the mean."""
    shares = [rule["share"]]
    if mean is not None and "ratio" in rule:
        shares.append(mean * rule["ratio"])
    limits = [max(shares)]
    if mean is not None and "sigmas" in rule and deviation > 0:
        limits.append(mean + rule["sigmas"] * deviation)
    return float(min(limits))


def percentile(values: Iterable[float], share: float) -> float:
    """The linear percentile of a population (as ``percentile_cont``); 0 of nothing."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def firings(first: datetime, last: datetime, count: int) -> list[datetime]:
    """When an alarm fired: the first and last time are known, those between are taken as evenly spread."""
    times = max(min(count, MOST_TIMES), 1)
    if times == 1 or last <= first:
        return [first] * times
    step = (last - first) / (count - 1)
    return [first + step * n for n in range(times)]


def most_within(moments: Iterable[datetime], span: timedelta) -> int:
    """The greatest number of moments in any stretch of ``span`` (its start counts, its end does not)."""
    ordered = sorted(moments)
    most = start = 0
    for end, moment in enumerate(ordered):
        while moment - ordered[start] >= span:
            start += 1
        most = max(most, end - start + 1)
    return most


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


def age_share(installed: date | None, life_months: int | None, today: date) -> float | None:
    """How much of its effective life a device has behind it; ``None`` where one of the two is unknown."""
    if installed is None or not life_months:
        return None
    whole = (months_later(installed, life_months) - installed).days
    return max((today - installed).days, 0) / whole

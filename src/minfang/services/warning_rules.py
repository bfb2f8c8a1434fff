"""The warning rules in force, kept in memory for a few seconds: lights are judged on every page."""

import time
from dataclasses import dataclass

from minfang.services.clock_models import ClockKind, WarningRule

KEEP_SECONDS = 5.0


@dataclass(frozen=True)
class Warn:
    """From which used share, and from how many days left, a light turns yellow."""

    ratio: float = 0.7
    days: int = 1

    def threshold(self, limit: int) -> int:
        """Days left from which a clock of ``limit`` days is yellow."""
        return max(self.days, int(limit * (1 - self.ratio) + 1e-9))


_kept: list[tuple[float, dict[tuple[str, str], WarningRule]]] = []


def forget() -> None:
    """Read the rules anew at the next question."""
    _kept.clear()


def rules() -> dict[tuple[str, str], WarningRule]:
    """All rules by matter and clock; those of ``""`` hold where a matter has none."""
    if not _kept or time.monotonic() - _kept[0][0] > KEEP_SECONDS:
        found = {(row.matter_code, row.clock): row for row in WarningRule.objects.all()}
        _kept[:] = [(time.monotonic(), found)]
    return _kept[0][1]


def rule_for(matter_code: str, clock: str) -> WarningRule | None:
    """The rule of one clock of one matter."""
    known = rules()
    return known.get((matter_code, clock)) or known.get(("", clock))


def light_thresholds(matter_code: str) -> tuple[float, int]:
    """Share and days of the promised clock, by which lights are judged."""
    rule = rule_for(matter_code, ClockKind.PROMISE)
    return (rule.light_ratio, rule.light_days) if rule else (Warn.ratio, Warn.days)


def matters_with_own_lights() -> list[str]:
    """Codes of the matters whose lights differ from the default's."""
    return sorted({code for code, clock in rules() if code and clock == ClockKind.PROMISE})

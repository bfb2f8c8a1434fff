"""The metrics devices report (handbook §9.1), from ``definitions/metrics.toml``."""

from dataclasses import dataclass
from functools import cache

from minfang.supervision.telemetry.definitions import load

NUMBER, SWITCH, EVENT = "number", "switch", "event"


@dataclass(frozen=True, slots=True)
class Metric:
    """One type code. ``period`` and ``max_gap`` in seconds; band and range in ``unit``.

    ``kind`` is number, switch (0/1) or event (a code; 0 is nothing). None in a band: no limit that holds
    for every work, it depends on the design.
    """

    code: str
    name: str
    unit: str
    kind: str
    category: str
    period: int
    max_gap: int
    low: float
    high: float
    normal_low: float | None = None
    normal_high: float | None = None
    words: tuple[str, ...] = ()

    def say(self, value: float) -> str:
        """The value as a person reads it: 78.4 %RH, 有水."""
        if self.words and value in range(len(self.words)):
            return self.words[int(value)]
        return f"{value:g} {self.unit}".strip()


@cache
def catalogue() -> dict[str, Metric]:
    """All metrics by code."""
    rows = load("metrics")["metric"]
    return {row["code"]: Metric(**{**row, "words": tuple(row.get("words", ()))}) for row in rows}


def get(code: str) -> Metric:
    """The metric of a type code. Raises ``KeyError`` where the catalogue has none."""
    return catalogue()[code]

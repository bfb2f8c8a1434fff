"""Air quality of a place (handbook §9.7): part indices of what is measured there, the worst decides."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from minfang.supervision.live.definitions import load
from minfang.supervision.live.points import Point, currents, of
from minfang.supervision.telemetry import metrics


@dataclass(frozen=True)
class AirQuality:
    """``index`` rounded up; ``because`` is the metric that decided; empty code where nothing is measured."""

    code: str = ""
    name: str = "无数据"
    index: int | None = None
    because: str = ""


def part_index(code: str, value: float) -> float:
    """The index of one metric, straight between the break points, held at the last one's slope beyond."""
    rules = load("live")["air"]
    marks, index = rules["part"][code], rules["index"]
    if marks[0] > marks[-1]:
        marks, value = [-mark for mark in marks], -value
    beyond = max(0.0, (value - marks[-1]) / (marks[-1] - marks[-2])) * (index[-1] - index[-2])
    return float(np.interp(value, marks, index)) + beyond


def quality(points: Iterable[Point]) -> AirQuality:
    """The air inside by what is measured now."""
    found = list(points)
    parts: list[tuple[float, str]] = []
    for code in load("live")["air"]["part"]:
        values = currents(of(found, code))
        if values:
            parts.append((max(part_index(code, value) for value in values), code))
    if not parts:
        return AirQuality()
    worst, code = max(parts)
    index = int(np.ceil(worst))
    grade = next(row for row in load("live")["air"]["grade"] if index <= row["top"])
    return AirQuality(grade["code"], grade["name"], index, metrics.get(code).name if index > 50 else "")

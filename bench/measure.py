"""Time things, and say what came of it."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

QUANTILE = 0.95


@dataclass(frozen=True)
class Result:
    """One line of the report. ``target`` and ``measured`` are in ``unit``; ``baseline`` is what is bare."""

    name: str
    measured: float
    unit: str
    target: float | None = None
    p50: float | None = None
    baseline: float | None = None
    baseline_name: str = ""
    note: str = ""

    @property
    def passed(self) -> bool | None:
        """Whether the target is met; ``None`` without a target."""
        return None if self.target is None else self.measured <= self.target

    @property
    def ratio(self) -> float | None:
        """How many times the baseline."""
        return self.measured / self.baseline if self.baseline else None

    def row(self) -> dict[str, Any]:
        """As kept in the results file."""
        return {**asdict(self), "ratio": self.ratio, "passed": self.passed}


def quantile(values: Sequence[float], share: float = QUANTILE) -> float:
    """The smallest value that at least ``share`` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def times_of(work: Callable[[], object], count: int, *, warm: int = 2) -> list[float]:
    """Seconds of ``count`` runs after ``warm`` that do not count."""
    for _ in range(warm):
        work()
    found = []
    for _ in range(count):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return found


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(results: Sequence[Result]) -> str:
    """The results as text."""
    head = ("项目", "目标", "实测", "p50", "单位", "基线", "倍数", "结论")
    marks = {True: "达标", False: "未达标", None: "—"}
    rows = [
        (
            r.name + (f"（{r.note}）" if r.note else ""),
            _number(r.target),
            _number(r.measured),
            _number(r.p50),
            r.unit,
            f"{_number(r.baseline)} {r.baseline_name}".strip(),
            f"{r.ratio:.1f}×" if r.ratio else "—",
            marks[r.passed],
        )
        for r in results
    ]
    widths = [max(_width(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return "\n".join(_line(row, widths) for row in [head, *rows])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    filled = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
    return "  ".join(filled).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal: Chinese characters take two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)

"""What a model answers: figures with what marks them, and the rows behind one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from minfang.supervision.anomalies.asking import Asked

Cell = str | float | int | None


@dataclass(frozen=True)
class Column:
    """A column of figures; ``format`` is text, count, percent or number. ``only`` leads to those rows."""

    code: str
    title: str
    format: str = "text"
    only: str = ""


@dataclass(frozen=True)
class Bucket:
    """False and judged alarms of one earlier period."""

    period: str
    false: int
    judged: int


@dataclass(frozen=True)
class Figure:
    """One line: what it is about, its numbers, and whether it stands out.

    ``bar`` and ``limit`` are on one scale; ``behind`` is how many rows stand behind the line. ``small``:
    too few to say anything.
    """

    key: str
    label: str
    cells: dict[str, Cell]
    behind: int
    sub: str = ""
    group: str = ""
    bar: float | None = None
    limit: float | None = None
    flagged: bool = False
    small: bool = False
    reason: str = ""
    link: str = ""
    trend: tuple[Bucket, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Model:
    """A monitoring model (监测模型). ``rows`` gives the alarms or devices behind a figure, for ``only``."""

    code: str
    title: str
    bar: str
    columns: Callable[[Asked], Sequence[Column]]
    how: Callable[[], list[str]]
    figures: Callable[[Asked], list[Figure]]
    rows: Callable[[Asked, str, str], QuerySet[Any]]
    spans: tuple[str, ...] = ()
    span: str = "month"
    ways: tuple[tuple[str, str], ...] = ()
    behind: str = "alarms"

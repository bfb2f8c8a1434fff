"""Declarations of datasets, their dimensions and measures, and the registry that holds them.

A measure is an additive aggregate, or one divided by another. Totals are therefore exact sums of groups, of
rates too, and a table costs one statement however many measures it shows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Aggregate, Count, Q, QuerySet
from django.db.models.expressions import Combinable

from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.iam.access import Access

Labels = Mapping[str, str] | Callable[[], Mapping[str, str]]
Condition = Q | Callable[[], Q]
"""A piece of SQL; a callable is asked at each query, so that it may depend on today."""


def condition_of(declared: Condition) -> Q:
    """The condition as it stands now."""
    return declared() if callable(declared) else declared


@dataclass(frozen=True)
class Dimension:
    """What rows are grouped by: a column or expression whose values are codes.

    ``order`` is how codes are listed (others follow, alphabetically). ``domain`` names every code a person
    should see even where nothing was counted; without it a missing group stays missing and is no zero.
    """

    title: str
    expression: str | Combinable | Callable[[], Combinable]
    labels: Labels = field(default_factory=dict)
    order: tuple[str, ...] = ()
    domain: Callable[[Access], Sequence[str]] | None = None
    missing: str = "未填"

    def label_map(self) -> Mapping[str, str]:
        """The words of the codes."""
        return self.labels() if callable(self.labels) else self.labels


@dataclass(frozen=True)
class TimeDimension:
    """An instant rows are grouped by, asked as ``code.day``, ``.month``, ``.quarter`` or ``.year``.

    Buckets are Shanghai's calendar. ``column`` is an instant; ``is_date`` says it is a plain day.
    """

    title: str
    column: str
    missing: str = "尚无"
    is_date: bool = False


@dataclass(frozen=True)
class Measure:
    """A figure: ``aggregate``, divided by ``over`` where that is given (nothing to divide by: no figure).

    Both must be additive (counts and sums). ``rows`` are the rows behind the figure, for a rate those it is
    taken among. ``format`` is ``count``, ``percent`` or ``number``; ``basis`` says how it is counted.
    """

    title: str
    unit: str
    aggregate: Aggregate | Callable[[], Aggregate]
    over: Aggregate | Callable[[], Aggregate] | None = None
    format: str = "count"
    basis: str = ""
    rows: Condition = field(default_factory=Q)

    def parts(self) -> tuple[Aggregate, Aggregate | None]:
        """Numerator and denominator as SQL aggregates of now."""
        over = self.over() if callable(self.over) else self.over
        return (self.aggregate() if callable(self.aggregate) else self.aggregate), over

    def value(self, total: Any, over: Any) -> Any:
        """The figure from its summed parts; ``None`` where there is none."""
        if self.over is None:
            return total or 0
        return round((total or 0) / over, 4) if over else None


def count_of(title: str, where: Condition | None = None, *, unit: str = "件", basis: str = "") -> Measure:
    """A measure that counts the rows meeting a condition."""
    rows: Condition = Q() if where is None else where
    return Measure(title, unit, lambda: _count(rows), basis=basis, rows=rows)


def share_of(title: str, part: Condition, among: Condition, *, basis: str = "") -> Measure:
    """A measure that says what share of the rows ``among`` meets ``part`` as well."""
    return Measure(
        title,
        "%",
        lambda: _count(lambda: condition_of(among) & condition_of(part)),
        lambda: _count(among),
        format="percent",
        basis=basis,
        rows=among,
    )


def _count(where: Condition) -> Aggregate:
    return Count("pk", filter=condition_of(where) or None)


@dataclass(frozen=True)
class RowColumn:
    """A column of the rows behind a figure; ``show`` turns the stored value into words."""

    title: str
    column: str
    show: Callable[[Any], str] = lambda value: "" if value is None else str(value)


@dataclass(frozen=True)
class Dataset:
    """Rows of one kind with everything that may be asked of them.

    ``source`` gives the rows already narrowed to the person's data scope. ``time`` is the code of the time
    dimension that periods (since, until) narrow. ``permission`` opens the dataset; ``link`` leads from a row
    to its page (``/office/cases/{pk}``).
    """

    code: str
    title: str
    source: Callable[[Access], "QuerySet[Any]"]
    time: str
    dimensions: Mapping[str, Dimension | TimeDimension]
    measures: Mapping[str, Measure]
    permission: str
    columns: tuple[RowColumn, ...] = ()
    link: str = ""

    def measure(self, code: str) -> Measure:
        """The measure of that code; refuses unknown ones and names what there is."""
        if code not in self.measures:
            raise unknown(self, "指标", code, self.measures)
        return self.measures[code]

    def dimension(self, code: str) -> Dimension | TimeDimension:
        """The dimension of that code; refuses unknown ones and names what there is."""
        if code not in self.dimensions:
            raise unknown(self, "维度", code, self.dimensions)
        return self.dimensions[code]


def unknown(dataset: Dataset, kind: str, name: str, known: Mapping[str, Any]) -> Refusal:
    """A name this dataset does not have."""
    names = "、".join(f"{code}（{one.title}）" for code, one in known.items())
    return Refusal(
        "UNKNOWN_NAME",
        f"数据集“{dataset.title}”没有{kind} {name[:40]}。",
        f"可用的{kind}：{names}。",
        status=422,
    )


_registry: dict[str, Dataset] = {}


def register(dataset: Dataset) -> Dataset:
    """Make a dataset known under its code; a second one of the same code is refused."""
    if _registry.setdefault(dataset.code, dataset) is not dataset:
        raise Refusal(
            "DUPLICATE_DATASET",
            f"数据集编码 {dataset.code} 已被“{_registry[dataset.code].title}”使用。",
            "请换一个编码。",
        )
    if not isinstance(dataset.dimensions.get(dataset.time), TimeDimension):
        del _registry[dataset.code]
        raise unknown(dataset, "时间维度", dataset.time, dataset.dimensions)
    return dataset


def get(code: str) -> Dataset:
    """The dataset of that code."""
    if code not in _registry:
        raise not_found("该数据集")
    return _registry[code]


def all_for(access: Access) -> list[Dataset]:
    """The datasets this person may ask, by title."""
    return sorted((d for d in _registry.values() if access.may(d.permission)), key=lambda d: d.title)

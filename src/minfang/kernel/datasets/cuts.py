"""A cut: which rows of a dataset are meant. It travels in addresses as ``district:310101,measure:open``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from minfang.kernel.base.errors import Refusal, forbidden
from minfang.kernel.datasets.axes import MISSING, Axis, axis_of, bad_time, between
from minfang.kernel.datasets.model import Dataset, TimeDimension, condition_of
from minfang.kernel.iam.access import Access

MAX_TERMS = 60


@dataclass(frozen=True)
class Cut:
    """Values wanted of each dimension (any of them), the measure whose rows are meant, and the period."""

    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    measure: str = ""
    since: date | None = None
    until: date | None = None


def parse(terms: Iterable[str]) -> Cut:
    """A cut from ``name:value`` terms; ``measure``, ``since`` and ``until`` are names of their own."""
    filters: dict[str, list[str]] = {}
    for number, term in enumerate(terms):
        name, colon, value = term.partition(":")
        if not colon or not name or number >= MAX_TERMS:
            raise Refusal(
                "BAD_FILTER",
                f"筛选条件“{term[:40]}”无法识别。",
                "请写成 名称:取值，例如 district:310101。",
                status=422,
            )
        filters.setdefault(name.strip(), []).append(value.strip())
    own = {name: filters.pop(name, [""])[-1] for name in ("measure", "since", "until")}
    return Cut(filters, own["measure"], _day(own["since"]), _day(own["until"]))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise bad_time(text) from error


def rows_of(access: Access, dataset: Dataset, cut: Cut) -> QuerySet[Any]:
    """The rows of the cut, within this person's data scope."""
    if not access.may(dataset.permission):
        raise forbidden(f"您没有查看“{dataset.title}”统计的权限。")
    rows = dataset.source(access)
    for number, (name, values) in enumerate(sorted(cut.filters.items())):
        rows = _narrowed(rows, axis_of(dataset, name), values, f"cut_{number}")
    if cut.measure:
        rows = rows.filter(condition_of(dataset.measure(cut.measure).rows))
    return rows.filter(between(time_of(dataset), cut.since, cut.until))


def time_of(dataset: Dataset) -> TimeDimension:
    """The time dimension periods narrow."""
    dimension = dataset.dimension(dataset.time)
    assert isinstance(dimension, TimeDimension)
    return dimension


def _narrowed(rows: QuerySet[Any], axis: Axis, values: Sequence[str], alias: str) -> QuerySet[Any]:
    """Rows with one of these values; no value means NULL or the empty text, which are the same."""
    wanted = Q()
    if axis.spans is not None:
        for value in values:
            wanted |= axis.spans(value)
        return rows.filter(wanted)
    named = [value for value in values if value != MISSING]
    if named:
        wanted |= Q(**{f"{alias}__in": named})
    if len(named) < len(values):
        wanted |= Q(**{f"{alias}__isnull": True}) | Q(**{f"{alias}__exact": MISSING})
    return rows.alias(**{alias: axis.expression}).filter(wanted)


def words(dataset: Dataset, cut: Cut) -> list[str]:
    """The cut in words a person reads above a list: ``区：黄浦区``, ``在办超期``."""
    said = []
    for name, values in cut.filters.items():
        axis = axis_of(dataset, name)
        said.append(f"{axis.title}：{'、'.join(axis.label(value) for value in values)}")
    if cut.measure:
        said.append(dataset.measure(cut.measure).title)
    if cut.since or cut.until:
        title = time_of(dataset).title
        said.append(f"{title}：{cut.since or '最早'} 至 {cut.until or '今天'}")
    return said

"""The one door to figures: a table of measures by dimensions, and the rows behind a figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.datasets import cuts, tables
from minfang.kernel.datasets.axes import Axis, axis_of
from minfang.kernel.datasets.cuts import Cut
from minfang.kernel.datasets.model import Dataset, Measure, get
from minfang.kernel.datasets.tables import Column, Table
from minfang.kernel.iam.access import Access

MAX_GROUPS, MAX_DIMENSIONS, MAX_PAGE = 5_000, 3, 100


def query(
    access: Access,
    dataset: Dataset,
    *,
    dimensions: Sequence[str] = (),
    measures: Sequence[str] = (),
    filters: Mapping[str, Sequence[str]] | None = None,
    since: date | None = None,
    until: date | None = None,
    sort: str = "",
    limit: int | None = None,
) -> Table:
    """Measures (all, unless some are named) grouped by dimensions, in one SQL statement.

    Only rows in the person's data scope count. ``filters`` name the values wanted of a dimension; ``since``
    and ``until`` are whole days of the dataset's own time. Totals cover every group, whatever the limit.
    """
    cut = Cut(filters or {}, "", since, until)
    if len(set(dimensions)) > MAX_DIMENSIONS:
        raise Refusal("TOO_MANY_DIMENSIONS", f"一次最多按 {MAX_DIMENSIONS} 个维度分组。", status=422)
    axes = [axis_of(dataset, name, access) for name in dict.fromkeys(dimensions)]
    wanted = {name: dataset.measure(name) for name in measures or dataset.measures}
    groups = _groups(cuts.rows_of(access, dataset, cut), axes, [*wanted.values()])
    totals = tables.totals_of(groups, [*wanted.values()])
    groups = tables.filled(groups, axes, dict(cut.filters), len(wanted))
    rows = tables.rows_in_order(groups, axes, wanted, sort)
    return Table(
        dataset=dataset.code,
        title=dataset.title,
        dimensions=tuple(Column(axis.code, axis.title) for axis in axes),
        measures=tuple(Column(code, m.title, m.unit, m.format, m.basis) for code, m in wanted.items()),
        rows=rows if limit is None else rows[: max(limit, 0)],
        totals=totals,
        groups=len(groups),
        as_of=clock.now(),
        since=since,
        until=until,
        conditions=tuple(cuts.words(dataset, cut)),
    )


def _groups(rows: QuerySet[Any], axes: Sequence[Axis], measures: Sequence[Measure]) -> tables.Groups:
    parts: dict[str, Any] = {}
    for number, measure in enumerate(measures):
        total, over = measure.parts()
        parts[f"part_{number}"] = total
        if over is not None:
            parts[f"over_{number}"] = over
    if axes:
        names = {f"by_{number}": axis.expression for number, axis in enumerate(axes)}
        found = rows.order_by().annotate(**names).values(*names).annotate(**parts)[: MAX_GROUPS + 1]
        answer: list[dict[str, Any]] = list(found)
    else:
        answer = [rows.order_by().aggregate(**parts)]
    if len(answer) > MAX_GROUPS:
        raise Refusal(
            "TOO_MANY_GROUPS", f"分组超过 {MAX_GROUPS} 个。", "请换较粗的分组或缩小期间。", status=422
        )
    keyed = [
        (
            tuple(axis.key(row[f"by_{n}"]) for n, axis in enumerate(axes)),
            [(row[f"part_{n}"], row.get(f"over_{n}")) for n in range(len(measures))],
        )
        for row in answer
    ]
    return tables.merged(keyed, len(measures))


@dataclass(frozen=True)
class RowsPage:
    """Rows behind a figure: cells as text in the order of ``columns``, and where each row's page is."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str, ...]
    total: int
    page: int
    size: int
    conditions: tuple[str, ...]


def rows_behind(access: Access, dataset: Dataset, cut: Cut, *, page: int = 1, size: int = 20) -> RowsPage:
    """One page of the rows a figure counted, newest first; ``cut.measure`` names the figure's measure."""
    columns = dataset.columns
    rows = cuts.rows_of(access, dataset, cut).order_by("-pk").values_list("pk", *(c.column for c in columns))
    pages = Paginator(rows, min(max(size, 1), MAX_PAGE))
    current = pages.get_page(page)
    return RowsPage(
        columns=tuple(column.title for column in columns),
        rows=tuple(tuple(c.show(v) for c, v in zip(columns, row[1:], strict=True)) for row in current),
        links=tuple(dataset.link.format(pk=row[0]) for row in current),
        total=pages.count,
        page=current.number,
        size=pages.per_page,
        conditions=tuple(cuts.words(dataset, cut)),
    )


def behind(access: Access, code: str, text: str) -> QuerySet[Any]:
    """The rows of a cut written as in addresses, for lists that show them their own way."""
    return cuts.rows_of(access, get(code), cuts.parse(text.split(",")))


def words(code: str, text: str) -> list[str]:
    """A cut written as in addresses, in words."""
    return cuts.words(get(code), cuts.parse(text.split(",")))

"""A table of figures: groups brought into order, named, filled where declared, and summed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from typing import Any

from minfang.kernel.base.errors import Refusal
from minfang.kernel.datasets.axes import Axis
from minfang.kernel.datasets.model import Measure

Part = tuple[Any, Any]
"""Summed numerator and denominator of a measure in one group."""


@dataclass(frozen=True)
class Column:
    """A dimension or measure as a table shows it; ``format`` is ``text`` for dimensions."""

    code: str
    title: str
    unit: str = ""
    format: str = "text"
    basis: str = ""


@dataclass(frozen=True)
class Row:
    """One group: its keys (for drilling down), their words, and a figure a measure (``None``: no figure)."""

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Table:
    """The answer to a query. ``totals`` cover all ``groups``, also those a limit left out of ``rows``."""

    dataset: str
    title: str
    dimensions: tuple[Column, ...]
    measures: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[Any, ...]
    groups: int
    as_of: datetime
    since: date | None
    until: date | None
    conditions: tuple[str, ...] = ()


Groups = dict[tuple[str, ...], list[Part]]


def merged(found: Sequence[tuple[tuple[str, ...], list[Part]]], measures: int) -> Groups:
    """Groups by key; what SQL told apart but people do not (NULL and '') is added together."""
    groups: Groups = {}
    for key, parts in found:
        known = groups.get(key, [(None, None)] * measures)
        groups[key] = [(_plus(a[0], b[0]), _plus(a[1], b[1])) for a, b in zip(known, parts, strict=True)]
    return groups


def _plus(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other


def filled(groups: Groups, axes: Sequence[Axis], wanted: dict[str, Sequence[str]], measures: int) -> Groups:
    """Groups of the declared domain that had no row, as zeros, when every dimension declares its domain.

    A dimension narrowed by a filter is filled within the filter only: what was not asked for is not zero.
    """
    if not axes or any(axis.domain is None for axis in axes):
        return groups
    domains = [[k for k in axis.domain or () if k in wanted.get(axis.code, (k,))] for axis in axes]
    nothing: Groups = {key: [(0, 0)] * measures for key in product(*domains)}
    return nothing | groups


def values_of(measures: Sequence[Measure], parts: Sequence[Part]) -> tuple[Any, ...]:
    """The figures of one group, or of the sum of groups."""
    return tuple(m.value(total, over) for m, (total, over) in zip(measures, parts, strict=True))


def totals_of(groups: Groups, measures: Sequence[Measure]) -> tuple[Any, ...]:
    """The figures of all groups together; a rate is made of the summed parts, never of rates."""
    everything = merged([((), parts) for parts in groups.values()], len(measures))
    return values_of(measures, everything.get((), [(None, None)] * len(measures)))


def rows_in_order(
    groups: Groups, axes: Sequence[Axis], measures: dict[str, Measure], sort: str
) -> tuple[Row, ...]:
    """Rows by the order of the dimensions, or by one column (``-open``: largest first); always the same."""
    declared = [*measures.values()]
    rows = [
        Row(key, tuple(a.label(k) for a, k in zip(axes, key, strict=True)), values_of(declared, parts))
        for key, parts in groups.items()
    ]
    rows.sort(key=lambda row: [axis.place(key) for axis, key in zip(axes, row.keys, strict=True)])
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name in measures:
        at = list(measures).index(name)
        some = [row for row in rows if row.values[at] is not None]
        some.sort(key=lambda row: row.values[at], reverse=down)
        return tuple(some + [row for row in rows if row.values[at] is None])
    codes = [axis.code for axis in axes]
    if name in codes:
        at = codes.index(name)
        rows.sort(key=lambda row: axes[at].place(row.keys[at]), reverse=down)
    elif name:
        raise Refusal("UNKNOWN_SORT", f"不能按 {name[:40]} 排序。", "请按表中的一列排序。", status=422)
    return tuple(rows)

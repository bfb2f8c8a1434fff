"""The shapes of figures: datasets, tables, the rows behind them."""

from datetime import date, datetime

from ninja import Schema

from minfang.services.schemas import Option, Page


class DimensionOut(Schema):
    """A dimension; one with ``buckets`` is asked as ``code.bucket``."""

    code: str
    title: str
    buckets: list[Option]


class MeasureOut(Schema):
    """A measure with its unit and how it is counted (口径)."""

    code: str
    title: str
    unit: str
    format: str
    basis: str


class DatasetOut(Schema):
    """What may be asked of one kind of rows; periods narrow the dimension ``time``."""

    code: str
    title: str
    time: str
    dimensions: list[DimensionOut]
    measures: list[MeasureOut]


class TableColumn(Schema):
    code: str
    title: str
    unit: str
    format: str
    basis: str


class TableRow(Schema):
    """One group; ``keys`` are the filter values that lead to its rows, no figure is null."""

    keys: list[str]
    labels: list[str]
    values: list[float | None]


class TableOut(Schema):
    """A table of figures with totals, as of one instant."""

    dataset: str
    title: str
    dimensions: list[TableColumn]
    measures: list[TableColumn]
    rows: list[TableRow]
    totals: list[float | None]
    groups: int
    as_of: datetime
    since: date | None
    until: date | None
    conditions: list[str]


class RowsOut(Page):
    """Rows behind a figure: cells in the order of ``columns``, the page of each row, the cut in words."""

    columns: list[str]
    rows: list[list[str]]
    links: list[str]
    conditions: list[str]

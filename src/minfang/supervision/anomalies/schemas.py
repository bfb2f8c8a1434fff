"""The shapes of the anomaly pages."""

from datetime import datetime

from minfang.kernel.base.schemas import Option, Schema


class AnomalyColumn(Schema):
    code: str
    title: str
    format: str
    only: str


class AnomalyBucket(Schema):
    period: str
    false: int
    judged: int


class AnomalyFindingOut(Schema):
    """What the office of the reader did about a figure."""

    state: str
    state_label: str
    note: str
    person: str
    at: datetime


class AnomalyFigure(Schema):
    """One line of a model."""

    key: str
    label: str
    sub: str
    group: str
    cells: dict[str, str | float | int | None]
    behind: int
    bar: float | None
    limit: float | None
    flagged: bool
    small: bool
    reason: str
    link: str
    trend: list[AnomalyBucket]
    finding: AnomalyFindingOut | None


class AnomalyTable(Schema):
    """What a model says of a period."""

    model: str
    title: str
    period: str
    span: str
    spans: list[str]
    ways: list[Option]
    by: str
    bar: str
    how: list[str]
    columns: list[AnomalyColumn]
    rows: list[AnomalyFigure]
    total: int
    flagged: int
    open: int
    page: int
    size: int
    as_of: datetime
    may_act: bool


class AnomalyModel(Schema):
    """A model and how many figures it marks now."""

    code: str
    title: str
    flagged: int


class AnomalyOptions(Schema):
    """What can be filtered by."""

    districts: list[Option]
    works: list[Option]
    sensors: list[Option]


class AnomalyRows(Schema):
    """Rows behind a figure."""

    columns: list[str]
    rows: list[list[str]]
    links: list[str]
    total: int
    page: int
    size: int


class AnomalyActIn(Schema):
    """What an office does about a figure: ``TASK`` begins a check, ``HANDLE`` and ``IGNORE`` end it."""

    key: str
    verb: str
    note: str = ""

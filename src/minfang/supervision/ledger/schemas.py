"""Parts of the pages of the ledger."""

from datetime import datetime

from minfang.kernel.base.schemas import Option, Schema


class LedgerAlarmOut(Schema):
    id: int
    number: str
    level: int
    level_label: str
    state_label: str
    title: str
    opened_at: datetime
    open: bool


class LedgerSeriesOut(Schema):
    id: int
    metric: str
    metric_name: str
    unit: str
    category: str
    kind: str
    words: list[str]
    works_id: int
    works_name: str
    district: str
    place: str
    device_id: int
    device_no: str
    device_name: str
    device_status: str
    device_status_label: str
    ts: datetime | None
    value: float | None
    value_words: str
    quality: int | None
    quality_label: str
    period_seconds: int
    overdue: bool
    normal_low: float | None
    normal_high: float | None
    alarm: LedgerAlarmOut | None


class LedgerSeriesList(Schema):
    items: list[LedgerSeriesOut]
    total: int
    page: int
    size: int
    as_of: datetime


class SeriesCurveOut(Schema):
    """Points as parallel columns; ``grain`` in seconds, 0 for single readings."""

    series_id: int
    label: str
    metric: str
    unit: str
    max_gap: int
    normal_low: float | None
    normal_high: float | None
    grain: int
    at: list[int]
    low: list[float]
    mean: list[float]
    high: list[float]


class SeriesReadingOut(Schema):
    series_id: int
    ts: datetime
    value: float
    value_words: str
    quality: int
    quality_label: str
    received_at: datetime
    delay_seconds: int


class SeriesReadingPage(Schema):
    items: list[SeriesReadingOut]
    next: str


class LedgerOption(Option):
    count: int


class LedgerOptions(Schema):
    works: list[LedgerOption]
    metrics: list[LedgerOption]
    categories: list[Option]
    statuses: list[Option]
    qualities: list[Option]
    levels: list[Option]
    csv_rows: int
    xlsx_rows: int

"""The telemetry ledger in the office (feature 88)."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import Query, Router

from minfang.kernel.base.schemas import PROBLEMS, Schema
from minfang.kernel.iam.access import access_of, requires
from minfang.supervision.ledger import exports, queries, wanted
from minfang.supervision.ledger.definitions import limits
from minfang.supervision.ledger.schemas import (
    LedgerOptions,
    LedgerSeriesList,
    LedgerSeriesOut,
    SeriesCurveOut,
    SeriesReadingPage,
)
from minfang.supervision.ledger.wanted import Chosen

router = Router(tags=["感知数据台账"], auth=[requires("iot.read")])
EXPORT = [requires("iot.export")]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class LedgerChosenIn(Schema):
    works: int | None = None
    metric: str = ""
    category: str = ""
    status: str = ""
    level: int | None = None
    keyword: str = ""
    device: int | None = None

    def chosen(self) -> Chosen:
        """The conditions on series."""
        return Chosen(**self.dict())


class LedgerTimeIn(Schema):
    since: datetime | None = None
    until: datetime | None = None
    low: float | None = None
    high: float | None = None
    quality: int | None = None

    def stretch(self) -> wanted.Stretch:
        """The conditions on readings."""
        return wanted.stretch(self.since, self.until, self.low, self.high, self.quality)


@router.get("/options", response={200: LedgerOptions, **PROBLEMS}, operation_id="ledger_options")
def get_options(request: HttpRequest) -> LedgerOptions:
    """What can be filtered by."""
    return queries.options(access_of(request))


@router.get("/series", response={200: LedgerSeriesList, **PROBLEMS}, operation_id="list_series")
def list_series(
    request: HttpRequest, chosen: Query[LedgerChosenIn], sort: str = "place", page: int = 1, size: int = 50
) -> LedgerSeriesList:
    """Series with device, place, latest value and latest alarm."""
    return queries.series_list(access_of(request), chosen.chosen(), sort, page, size)


@router.get("/series/{series_id}", response={200: LedgerSeriesOut, **PROBLEMS}, operation_id="get_series")
def get_series(request: HttpRequest, series_id: int) -> LedgerSeriesOut:
    """One series."""
    return queries.one(access_of(request), series_id)


@router.get("/curves", response={200: list[SeriesCurveOut], **PROBLEMS}, operation_id="list_curves")
def list_curves(
    request: HttpRequest,
    series: str,
    since: datetime | None = None,
    until: datetime | None = None,
    points: int = 600,
) -> list[SeriesCurveOut]:
    """Curves of up to twelve series, down-sampled to least, mean and greatest."""
    return queries.curve_list(access_of(request), series, since, until, points)


@router.get("/history", response={200: SeriesReadingPage, **PROBLEMS}, operation_id="list_history")
def list_history(
    request: HttpRequest, series: str, time: Query[LedgerTimeIn], behind: str = "", size: int = 50
) -> SeriesReadingPage:
    """Readings, the newest first; ``behind`` is ``next`` of the page before."""
    return queries.history(access_of(request), series, time.stretch(), behind, size)


@router.get("/export.csv", operation_id="export_history_csv", auth=EXPORT)
def export_csv(
    request: HttpRequest, chosen: Query[LedgerChosenIn], time: Query[LedgerTimeIn], series: str = ""
) -> StreamingHttpResponse:
    """Readings of the named series, or of all that fit the filters, as they come from the database."""
    export = exports.prepare(
        access_of(request), series, chosen.chosen(), time.stretch(), limits()["csv_rows"]
    )
    answer = StreamingHttpResponse(export.as_csv(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="telemetry.csv"'
    return answer


@router.get("/export.xlsx", operation_id="export_history_xlsx", auth=EXPORT)
def export_xlsx(
    request: HttpRequest, chosen: Query[LedgerChosenIn], time: Query[LedgerTimeIn], series: str = ""
) -> HttpResponse:
    """The same as a workbook, for fewer rows."""
    export = exports.prepare(
        access_of(request), series, chosen.chosen(), time.stretch(), limits()["xlsx_rows"]
    )
    answer = HttpResponse(export.as_workbook(), content_type=XLSX)
    answer["Content-Disposition"] = 'attachment; filename="telemetry.xlsx"'
    return answer

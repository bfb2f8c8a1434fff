"""Indicators in the office (features 100 and 101)."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, requires
from minfang.supervision.indicators import actions, exports, queries
from minfang.supervision.indicators.schemas import (
    IndicatorBoard,
    IndicatorChoice,
    IndicatorChoicesIn,
    IndicatorRows,
)

router = Router(tags=["专项指标"], auth=[requires("iot.read")])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("", response={200: IndicatorBoard, **PROBLEMS}, operation_id="get_indicators")
def get_indicators(request: HttpRequest, scope: str = "", month: str = "") -> IndicatorBoard:
    """The indicators of the city's own works or of a district in a month."""
    return queries.board(access_of(request), scope, month)


@router.get("/rows", response={200: IndicatorRows, **PROBLEMS}, operation_id="list_indicator_rows")
def list_rows(
    request: HttpRequest,
    indicator: str = "",
    scope: str = "",
    month: str = "",
    works: str = "",
    page: int = 1,
    size: int = 20,
) -> IndicatorRows:
    """The rows behind an indicator."""
    return queries.behind(access_of(request), scope, indicator, month, works, page, size)


@router.get("/export.xlsx", operation_id="export_indicators", auth=[requires("iot.export")])
def export(request: HttpRequest, scope: str = "", month: str = "") -> HttpResponse:
    """The board as a workbook."""
    answer = HttpResponse(exports.workbook(access_of(request), scope, month), content_type=XLSX)
    answer["Content-Disposition"] = 'attachment; filename="indicators.xlsx"'
    return answer


@router.get(
    "/choices", response={200: list[IndicatorChoice], **PROBLEMS}, operation_id="list_indicator_choices"
)
def list_choices(request: HttpRequest, scope: str = "") -> list[IndicatorChoice]:
    """The configuration of a scope."""
    return queries.choices(access_of(request), scope)


@router.put(
    "/choices",
    response={200: list[IndicatorChoice], **PROBLEMS},
    operation_id="set_indicator_choices",
    auth=[requires("iot.configure")],
)
def set_choices(request: HttpRequest, body: IndicatorChoicesIn, scope: str = "") -> list[IndicatorChoice]:
    """Choose the indicators of a scope and their targets."""
    access = access_of(request)
    actions.configure(access, scope, [(one.code, one.shown, one.target) for one in body.choices])
    return queries.choices(access, scope)

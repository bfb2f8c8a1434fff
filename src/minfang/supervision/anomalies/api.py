"""Anomalies in the office (features 92 to 98)."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from minfang.kernel.base.schemas import PROBLEMS, Schema
from minfang.kernel.iam.access import access_of, requires
from minfang.supervision.anomalies import actions, exports, queries
from minfang.supervision.anomalies.asking import Asked
from minfang.supervision.anomalies.figures import Model
from minfang.supervision.anomalies.schemas import (
    AnomalyActIn,
    AnomalyFindingOut,
    AnomalyModel,
    AnomalyOptions,
    AnomalyRows,
    AnomalyTable,
)

router = Router(tags=["异常监测"], auth=[requires("iot.read")])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class AnomalyAsked(Schema):
    """Period, places and types of a table."""

    span: str = ""
    period: str = ""
    district: str = ""
    works: int | None = None
    sensor: str = ""
    by: str = ""

    def of(self, request: HttpRequest, code: str) -> tuple[Asked, Model]:
        """The question and the model it goes to."""
        model = queries.model_of(code)
        return queries.asked_of(access_of(request), model, **self.dict()), model


@router.get("", response={200: list[AnomalyModel], **PROBLEMS}, operation_id="list_anomaly_models")
def list_models(request: HttpRequest) -> list[AnomalyModel]:
    """The models, each with how many figures it marks now."""
    return queries.overview(access_of(request))


@router.get("/options", response={200: AnomalyOptions, **PROBLEMS}, operation_id="anomaly_options")
def get_options(request: HttpRequest) -> AnomalyOptions:
    """What can be filtered by."""
    return queries.options(access_of(request))


@router.get("/{model}", response={200: AnomalyTable, **PROBLEMS}, operation_id="get_anomalies")
def get_anomalies(
    request: HttpRequest,
    model: str,
    asked: Query[AnomalyAsked],
    state: str = "",
    sort: str = "",
    page: int = 1,
    size: int = 50,
) -> AnomalyTable:
    """The figures of a model with what marks them."""
    question, found = asked.of(request, model)
    return queries.table(question, found, state=state, sort=sort, page=page, size=size)


@router.get("/{model}/rows", response={200: AnomalyRows, **PROBLEMS}, operation_id="list_anomaly_rows")
def list_rows(
    request: HttpRequest,
    model: str,
    asked: Query[AnomalyAsked],
    key: str = "",
    only: str = "",
    page: int = 1,
    size: int = 20,
) -> AnomalyRows:
    """The alarms or devices behind a figure."""
    question, found = asked.of(request, model)
    return queries.behind(question, found, key, only, page, size)


@router.get("/{model}/export.xlsx", operation_id="export_anomalies", auth=[requires("iot.export")])
def export(request: HttpRequest, model: str, asked: Query[AnomalyAsked]) -> HttpResponse:
    """The table as a workbook."""
    question, found = asked.of(request, model)
    answer = HttpResponse(exports.workbook(question, found), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="anomalies-{found.code}.xlsx"'
    return answer


@router.post(
    "/{model}/findings",
    response={200: AnomalyFindingOut, **PROBLEMS},
    operation_id="act_on_anomaly",
    auth=[requires("iot.handle")],
)
def act(
    request: HttpRequest, model: str, body: AnomalyActIn, asked: Query[AnomalyAsked]
) -> AnomalyFindingOut | None:
    """Begin a check of a figure, or end it."""
    question, found = asked.of(request, model)
    return queries.finding_out(actions.act(question, found, body.key, body.verb, body.note))

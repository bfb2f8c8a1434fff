"""Anomalies in the office (features 92 to 98)."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from minfang.kernel.base.schemas import PROBLEMS, Schema
from minfang.kernel.iam.access import access_of, requires
from minfang.supervision.anomalies import exports, limits, queries, tasks
from minfang.supervision.anomalies.actions import checking, limiting
from minfang.supervision.anomalies.asking import Asked
from minfang.supervision.anomalies.figures import Model
from minfang.supervision.anomalies.schemas import (
    AnomalyActIn,
    AnomalyFindingOut,
    AnomalyLimitIn,
    AnomalyLimits,
    AnomalyModel,
    AnomalyOptions,
    AnomalyRows,
    AnomalyTable,
    AnomalyTask,
    AnomalyTaskChoices,
    AnomalyTaskIn,
    AnomalyTaskList,
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


@router.get("/limits", response={200: AnomalyLimits, **PROBLEMS}, operation_id="anomaly_limits")
def get_limits(request: HttpRequest) -> AnomalyLimits:
    """When repeated, unhandled alarms are an anomaly, by category."""
    return limits.table(access_of(request))


@router.put(
    "/limits/{category}",
    response={200: AnomalyLimits, **PROBLEMS},
    operation_id="change_anomaly_limit",
    auth=[requires("iot.configure")],
)
def change_limit(request: HttpRequest, category: str, body: AnomalyLimitIn) -> AnomalyLimits:
    """Set a limit, or put the shipped one in force again."""
    access, wanted = access_of(request), None
    if body.times is not None and body.hours is not None and body.open_hours is not None:
        wanted = limits.Limit(body.times, body.hours, body.open_hours)
    limiting.change(access, category, body.version, wanted, body.note)
    return limits.table(access)


@router.get("/tasks", response={200: AnomalyTaskList, **PROBLEMS}, operation_id="list_anomaly_tasks")
def list_tasks(
    request: HttpRequest, state: str = "", whose: str = "", page: int = 1, size: int = 20
) -> AnomalyTaskList:
    """Checks my office ordered or has to do, the most urgent first."""
    return tasks.page(access_of(request), state, whose, queries.TITLES, page, size)


@router.get(
    "/tasks/choices",
    response={200: AnomalyTaskChoices, **PROBLEMS},
    operation_id="anomaly_task_choices",
    auth=[requires("iot.handle")],
)
def task_choices(request: HttpRequest) -> AnomalyTaskChoices:
    """Whom a check can be assigned to, and until when."""
    return tasks.options(access_of(request))


@router.get(
    "/tasks/{anomaly_task_id}", response={200: AnomalyTask, **PROBLEMS}, operation_id="get_anomaly_task"
)
def get_task(request: HttpRequest, anomaly_task_id: int) -> AnomalyTask:
    """One check with its history."""
    return tasks.one(access_of(request), anomaly_task_id, queries.TITLES)


@router.post(
    "/tasks/{anomaly_task_id}",
    response={200: AnomalyTask, **PROBLEMS},
    operation_id="act_on_anomaly_task",
    auth=[requires("iot.handle")],
)
def act_on_task(request: HttpRequest, anomaly_task_id: int, body: AnomalyTaskIn) -> AnomalyTask:
    """Assign a check anew, answer it, or end it."""
    access, said = access_of(request), body.dict(exclude={"version"})
    checking.go_on(access, anomaly_task_id, body.version, checking.Told(**said))
    return tasks.one(access, anomaly_task_id, queries.TITLES)


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
    told = checking.Told(**body.dict(exclude={"key"}))
    return queries.finding_out(checking.act(question, found, body.key, told))

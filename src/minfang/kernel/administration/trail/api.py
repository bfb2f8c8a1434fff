"""The trail and the alarms over HTTP."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from minfang.kernel.audit import alarms as alarm_actions
from minfang.kernel.audit import checking, exporting
from minfang.kernel.audit.readings import record_reading
from minfang.kernel.base import clock
from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, require_fresh, requires

from . import queries
from . import schemas as s

router = Router(tags=["审计日志"], auth=[requires("audit.read")])
alarms = Router(tags=["安全告警"], auth=[requires("alarm.read")])
Shown = dict[str, Any]
Size = Annotated[int, Query(ge=1, le=200)]
Number = Annotated[int, Query(ge=0)]


@router.get("/events", response={200: s.TrailPage, **PROBLEMS}, operation_id="search_audit_events")
def search(
    request: HttpRequest, wanted: Query[s.TrailConditions], before: Number = 0, size: Size = 50
) -> Shown:
    """Entries, newest first; the search is itself an event."""
    record_reading(
        "audit.read", person=access_of(request).person, target="audit_event", summary="查看审计日志"
    )
    return queries.events(wanted, before, size)


@router.get("/events/{number}", response={200: s.TrailDetail, **PROBLEMS}, operation_id="get_audit_event")
def detail(request: HttpRequest, number: int) -> Shown:
    """Everything one entry says."""
    found = queries.event(number)
    record_reading(
        "audit.read",
        person=access_of(request).person,
        target=f"audit_event:{number}",
        summary=f"查看日志详情：{found['action_name']} {found['target']}",
    )
    return found


@router.get("/catalogue", response={200: s.TrailCatalogue, **PROBLEMS}, operation_id="list_audit_kinds")
def kinds(request: HttpRequest) -> Shown:
    """What can stand in the trail."""
    return queries.kinds()


@router.get("/checks", response={200: s.TrailChecks, **PROBLEMS}, operation_id="list_audit_checks")
def checks(request: HttpRequest) -> Shown:
    """Verifications and daily heads."""
    return queries.checks()


@router.post("/checks", response={200: s.TrailCheck, **PROBLEMS}, operation_id="begin_audit_check")
def begin_check(request: HttpRequest) -> Shown:
    """Verify the whole trail in the background."""
    return queries.check(checking.begin(access_of(request).person))


@router.post(
    "/export",
    auth=[requires("audit.export")],
    response={200: None, **PROBLEMS},
    operation_id="export_audit_events",
)
def export(request: HttpRequest, body: s.TrailExportIn) -> HttpResponse:
    """A signed zip of the entries that fit."""
    require_fresh(request)
    person = access_of(request).person
    content = exporting.export(queries.wanted(body), person=person, reason=body.reason)
    answer = HttpResponse(content, content_type="application/zip")
    name = exporting.file_name(clock.now())
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@alarms.get("", response={200: s.AlarmPage, **PROBLEMS}, operation_id="list_alarms")
def list_alarms(
    request: HttpRequest,
    state: str = "open",
    words: str = "",
    page: Annotated[int, Query(ge=1)] = 1,
    size: Size = 20,
) -> Shown:
    """Alarms, the latest first."""
    return queries.alarms(state, words.strip(), page, size)


@alarms.post(
    "/{int:number}/acknowledge",
    response={200: s.AlarmOut, **PROBLEMS},
    operation_id="acknowledge_alarm",
)
def acknowledge(request: HttpRequest, number: int, body: s.AlarmNote) -> Shown:
    """Say what was done about an alarm."""
    alarm_actions.acknowledge(number, person=access_of(request).person, note=body.note)
    return queries.alarm(number)

"""The push monitor: everything sent to the outside, what failed and why, and what can be done about it."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from minfang.kernel.iam.access import access_of, requires
from minfang.services import push_monitor
from minfang.services.actions import pushes
from minfang.services.push_monitor import Wanted
from minfang.services.schemas import Problem
from minfang.services.schemas.pushes import (
    ContradictionOut,
    PushDetail,
    PushList,
    PushOut,
    PushReasonIn,
    ResentOut,
)

router = Router(tags=["推送监控"], auth=[requires("push.read")])
PROBLEMS = {401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
MANAGE = [requires("push.manage")]
KINDS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


@router.get("", response={200: PushList, **PROBLEMS}, operation_id="list_pushes")
def list_pushes(
    request: HttpRequest,
    state: str = "",
    platform: str = "",
    keyword: str = "",
    since: str = "",
    until: str = "",
    page: int = 1,
    size: int = 20,
) -> PushList:
    """Everything sent or waiting to be sent to the outside, with reasons; days as yyyy-mm-dd."""
    wanted = Wanted(state, platform, keyword, since, until)
    return push_monitor.push_list(access_of(request), wanted, page, size)


@router.get(
    "/contradictions", response={200: list[ContradictionOut], **PROBLEMS}, operation_id="list_said_twice"
)
def list_said_twice(request: HttpRequest) -> list[ContradictionOut]:
    """Receipts that say something else than they said before."""
    return push_monitor.contradiction_list()


@router.post(
    "/contradictions/{inbox_id}/settle",
    response={200: ContradictionOut, **PROBLEMS},
    operation_id="settle_said_twice",
    auth=MANAGE,
)
def settle_said_twice(request: HttpRequest, inbox_id: int, body: PushReasonIn) -> ContradictionOut:
    """Say which of the two holds."""
    return pushes.settle(access_of(request), inbox_id, body.reason)


@router.get("/export.{kind}", operation_id="export_pushes")
def export_pushes(
    request: HttpRequest,
    kind: str,
    state: str = "",
    platform: str = "",
    keyword: str = "",
    since: str = "",
    until: str = "",
) -> HttpResponse:
    """The filtered list as a file: ``xlsx`` or ``csv``."""
    chosen = kind if kind in KINDS else "csv"
    content = pushes.export(access_of(request), Wanted(state, platform, keyword, since, until), chosen)
    response = HttpResponse(content, content_type=KINDS[chosen])
    response["Content-Disposition"] = f"attachment; filename=pushes.{chosen}"
    return response


@router.post(
    "/platforms/{platform}/resend",
    response={200: ResentOut, **PROBLEMS},
    operation_id="resend_dead_pushes",
    auth=MANAGE,
)
def resend_dead_pushes(request: HttpRequest, platform: str) -> ResentOut:
    """Send again everything of a platform that waits for a person."""
    return ResentOut(count=pushes.resend_dead(access_of(request), platform))


@router.get("/{int:push_id}", response={200: PushDetail, **PROBLEMS}, operation_id="get_push")
def get_push(request: HttpRequest, push_id: int) -> PushDetail:
    """One message with its tries; personal data shown in part."""
    return push_monitor.detail(push_monitor.one(access_of(request), push_id))


@router.post(
    "/{int:push_id}/resend", response={200: PushOut, **PROBLEMS}, operation_id="resend_push", auth=MANAGE
)
def resend_push(request: HttpRequest, push_id: int) -> PushOut:
    """Send again now what failed."""
    return pushes.resend(access_of(request), push_id)


@router.post(
    "/{int:push_id}/cancel", response={200: PushOut, **PROBLEMS}, operation_id="cancel_push", auth=MANAGE
)
def cancel_push(request: HttpRequest, push_id: int, body: PushReasonIn) -> PushOut:
    """Give a message up, with a reason; later ones of its case may go."""
    return pushes.cancel(access_of(request), push_id, body.reason)


@router.post(
    "/{int:push_id}/reveal", response={200: PushDetail, **PROBLEMS}, operation_id="reveal_push", auth=MANAGE
)
def reveal_push(request: HttpRequest, push_id: int, body: PushReasonIn) -> PushDetail:
    """Show personal data in full, with a reason that stands in the trail."""
    return pushes.reveal(access_of(request), push_id, body.reason)

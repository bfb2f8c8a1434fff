"""Alarms in the office: list, page, verbs, batches, silences, pushes, files."""

from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from ninja import File, Query, Router, UploadedFile
from ninja import Schema as Filters

from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found
from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.files import queries as files
from minfang.kernel.iam.access import access_of, requires
from minfang.supervision.alarms.actions import answering, life, picturing, silencing, tagging
from minfang.supervision.alarms.queries import curves, lists, tracking
from minfang.supervision.alarms.queries.detail import detail, one, photos_of
from minfang.supervision.alarms.queries.filters import Wanted
from minfang.supervision.alarms.schemas import (
    AlarmActIn,
    AlarmBatchIn,
    AlarmBatchRow,
    AlarmCount,
    AlarmCurve,
    AlarmDetail,
    AlarmList,
    AlarmMessage,
    AlarmPhotoOut,
    AlarmPushList,
    AlarmSummary,
    AlarmTagsIn,
    AlarmTotalsOut,
    SilenceIn,
    SilenceOut,
)

router = Router(tags=["物联预警"], auth=[requires("iot.read")])
HANDLE = [requires("iot.handle")]
KINDS = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv"}


class AlarmFilters(Filters):
    """Filters of the list, all shareable in the address."""

    state: str = ""
    level: str = ""
    category: str = ""
    works: str = ""
    district: str = ""
    metric: str = ""
    device: str = ""
    tag: str = ""
    verdict: str = ""
    suppressed: str = ""
    since: str = ""
    until: str = ""
    overdue: bool = False
    mine: bool = False
    keyword: str = ""
    sort: str = ""


@router.get("", response={200: AlarmList, **PROBLEMS}, operation_id="list_iot_alarms")
def list_alarms(
    request: HttpRequest,
    filters: AlarmFilters = Query(...),  # noqa: B008
    page: int = 1,
    size: int = 20,
) -> AlarmList:
    """Alarms of the works I may see."""
    return lists.page(access_of(request), Wanted(**filters.dict()), page, size)


@router.get("/totals", response={200: AlarmTotalsOut, **PROBLEMS}, operation_id="alarm_totals")
def alarm_totals(request: HttpRequest) -> AlarmTotalsOut:
    """What stands beside every page."""
    return lists.totals(access_of(request))


@router.get("/summary", response={200: AlarmSummary, **PROBLEMS}, operation_id="alarm_summary")
def alarm_summary(request: HttpRequest) -> AlarmSummary:
    """Open by level, waiting, in work, and this month's rates."""
    return lists.summary(access_of(request))


@router.get("/tags", response={200: list[AlarmCount], **PROBLEMS}, operation_id="alarm_tags")
def alarm_tags(request: HttpRequest) -> list[AlarmCount]:
    """The tags in use, each with how many alarms carry it."""
    return lists.tags(access_of(request))


@router.get("/messages", response={200: list[AlarmMessage], **PROBLEMS}, operation_id="alarm_messages")
def alarm_messages(request: HttpRequest) -> list[AlarmMessage]:
    """Messages to me about alarms and checks of anomalies."""
    return lists.messages(access_of(request))


@router.get("/export.{kind}", operation_id="export_alarms", auth=[requires("iot.export")])
def export_alarms(
    request: HttpRequest,
    kind: str,
    filters: AlarmFilters = Query(...),  # noqa: B008
) -> HttpResponseBase:
    """The filtered list as ``xlsx``, or as ``csv`` that streams."""
    if kind not in KINDS:
        raise not_found("该格式")
    access, wanted = access_of(request), Wanted(**filters.dict())
    lists.exported(access, wanted, kind)
    rows = lists.export_rows(access, wanted)
    response: HttpResponseBase
    if kind == "csv":
        response = StreamingHttpResponse(lists.as_csv(rows), content_type=KINDS[kind])
    else:
        response = HttpResponse(lists.as_workbook(rows), content_type=KINDS[kind])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote('预警台账')}.{kind}"
    return response


@router.post(
    "/batch", response={200: list[AlarmBatchRow], **PROBLEMS}, operation_id="batch_alarms", auth=HANDLE
)
def batch_alarms(request: HttpRequest, body: AlarmBatchIn) -> list[AlarmBatchRow]:
    """One verb on up to 200 alarms; each says what became of it."""
    picked = [(row.number, row.version) for row in body.rows]
    results = life.act_on_many(access_of(request), body.verb, picked, life.Said(note=body.note))
    return [
        AlarmBatchRow(
            number=number,
            done=not isinstance(result, Refusal),
            message=result.message if isinstance(result, Refusal) else "",
        )
        for number, result in results
    ]


@router.get("/silences", response={200: list[SilenceOut], **PROBLEMS}, operation_id="list_silences")
def list_silences(request: HttpRequest, over: bool = False) -> list[SilenceOut]:
    """Silences in force or to come, or those that are over."""
    return tracking.silence_list(access_of(request), over=over)


@router.post(
    "/silences", response={200: list[SilenceOut], **PROBLEMS}, operation_id="begin_silence", auth=HANDLE
)
def begin_silence(request: HttpRequest, body: SilenceIn) -> list[SilenceOut]:
    """Keep alarms of a work, unit, device, rule or category silent for a while."""
    access = access_of(request)
    scope = silencing.Scope(body.rule, body.device, body.unit, body.works, body.category)
    silencing.silence(access, scope, body.starts_at or clock.now(), body.ends_at, body.reason)
    return tracking.silence_list(access)


@router.post(
    "/silences/{silence_id}/end",
    response={200: list[SilenceOut], **PROBLEMS},
    operation_id="end_silence",
    auth=HANDLE,
)
def end_silence(request: HttpRequest, silence_id: int) -> list[SilenceOut]:
    """End a silence now."""
    access = access_of(request)
    silencing.end(access, silence_id)
    return tracking.silence_list(access)


@router.get("/pushes", response={200: AlarmPushList, **PROBLEMS}, operation_id="list_alarm_pushes")
def list_alarm_pushes(
    request: HttpRequest, target: str = "", state: str = "", keyword: str = "", page: int = 1, size: int = 20
) -> AlarmPushList:
    """Pushes to outside platforms, followed to their end."""
    return tracking.pushes(
        access_of(request), target=target, state=state, keyword=keyword, page=page, size=size
    )


@router.post(
    "/pushes/{alarm_push_id}/resend",
    response={204: None, **PROBLEMS},
    operation_id="resend_alarm_push",
    auth=HANDLE,
)
def resend_alarm_push(request: HttpRequest, alarm_push_id: int) -> tuple[int, None]:
    """Send a push that got stuck again, with the same contents and the same key."""
    answering.resend(access_of(request), alarm_push_id)
    return 204, None


@router.get("/{number}", response={200: AlarmDetail, **PROBLEMS}, operation_id="get_alarm")
def get_alarm(request: HttpRequest, number: str) -> AlarmDetail:
    """One alarm with everything that led to it and came of it."""
    return detail(access_of(request), number)


@router.get("/{number}/curve", response={200: AlarmCurve, **PROBLEMS}, operation_id="get_alarm_curve")
def get_alarm_curve(request: HttpRequest, number: str) -> AlarmCurve:
    """The readings around an alarm."""
    return curves.curve_of(access_of(request), number)


@router.post(
    "/{number}/act", response={200: AlarmDetail, **PROBLEMS}, operation_id="act_on_alarm", auth=HANDLE
)
def act_on_alarm(request: HttpRequest, number: str, body: AlarmActIn) -> AlarmDetail:
    """Confirm, dispatch, start, judge, close, ignore or open again."""
    access = access_of(request)
    said = life.Said(**body.dict(exclude={"verb", "version"}))
    life.act(access, number, body.verb, body.version, said)
    return detail(access, number)


@router.post("/{number}/tags", response={200: AlarmDetail, **PROBLEMS}, operation_id="tag_alarm", auth=HANDLE)
def tag_alarm(request: HttpRequest, number: str, body: AlarmTagsIn) -> AlarmDetail:
    """Put tags on an alarm and take others off."""
    access = access_of(request)
    tagging.tag(access, number, body.add, body.remove)
    return detail(access, number)


@router.post(
    "/{number}/photos",
    response={200: list[AlarmPhotoOut], **PROBLEMS},
    operation_id="add_alarm_photo",
    auth=HANDLE,
)
def add_alarm_photo(
    request: HttpRequest,
    number: str,
    file: UploadedFile | None = File(None),  # noqa: B008
) -> list[AlarmPhotoOut]:
    """Add a picture of the place."""
    access = access_of(request)
    alarm = one(access, number)
    if file is None:
        raise invalid([FieldError("file", "照片", "请选择一张照片。")])
    picturing.add_photo(access, alarm, file.name or "照片.jpg", file.read())
    return photos_of(alarm)


@router.get("/{number}/photos/{photo_id}", operation_id="get_alarm_photo")
def get_alarm_photo(request: HttpRequest, number: str, photo_id: int) -> HttpResponseBase:
    """One picture."""
    photo = one(access_of(request), number).photos.select_related("file").filter(pk=photo_id).first()
    if photo is None or not files.is_visible(photo.file):
        raise not_found("该照片")
    response = StreamingHttpResponse(files.stream(photo.file), content_type=photo.file.media_type)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

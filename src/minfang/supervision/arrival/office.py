"""What arrives, in the office: sources, unusable messages, refused readings, third systems and their keys."""

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router

from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, requires
from minfang.supervision.arrival import actions, lists
from minfang.supervision.arrival.schemas import (
    ArrivalOut,
    DeadLetterList,
    RefusedReadingList,
    ThirdEventList,
    ThirdSystemIn,
    ThirdSystemKeyOut,
    ThirdSystemOut,
    ThirdSystemSwitchIn,
)

router = Router(tags=["实时接入"], auth=[requires("link.manage")])


@router.get("", response={200: ArrivalOut, **PROBLEMS}, operation_id="get_arrival")
def get_arrival(request: HttpRequest) -> ArrivalOut:
    """How each source stands, what waits, and what of it could not be used."""
    return lists.arrival(access_of(request))


@router.get("/letters", response={200: DeadLetterList, **PROBLEMS}, operation_id="list_dead_letters")
def list_dead_letters(
    request: HttpRequest, keyword: str = "", page: int = 1, size: int = 20
) -> DeadLetterList:
    """Messages nobody could use, with the reason and their beginning."""
    return lists.letters(access_of(request), keyword, page, size)


@router.get("/refused", response={200: RefusedReadingList, **PROBLEMS}, operation_id="list_refused_readings")
def list_refused_readings(
    request: HttpRequest, keyword: str = "", reason: str = "", page: int = 1, size: int = 20
) -> RefusedReadingList:
    """Readings that were not believed, with what to do about the device."""
    return lists.refused(access_of(request), keyword, reason, page, size)


@router.get("/refused.csv", operation_id="export_refused_readings")
def export_refused_readings(
    request: HttpRequest, keyword: str = "", reason: str = ""
) -> StreamingHttpResponse:
    """The refused readings as a table."""
    lines = lists.refused_csv(access_of(request), keyword, reason)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="refused-readings.csv"'
    return answer


@router.get("/systems", response={200: list[ThirdSystemOut], **PROBLEMS}, operation_id="list_third_systems")
def list_third_systems(request: HttpRequest) -> list[ThirdSystemOut]:
    """Third systems that report alarm events."""
    return lists.systems(access_of(request))


@router.post("/systems", response={200: ThirdSystemKeyOut, **PROBLEMS}, operation_id="add_third_system")
def add_third_system(request: HttpRequest, body: ThirdSystemIn) -> ThirdSystemKeyOut:
    """Let a third system report events; the answer holds its key, this once."""
    access = access_of(request)
    lists.for_the_city(access)
    return ThirdSystemKeyOut(
        code=body.code, key=actions.add_third_source(body.code, body.name, access.person)
    )


@router.post(
    "/systems/{code}/key", response={200: ThirdSystemKeyOut, **PROBLEMS}, operation_id="renew_third_key"
)
def renew_third_key(request: HttpRequest, code: str) -> ThirdSystemKeyOut:
    """A new key; the old one is worth nothing from now on."""
    access = access_of(request)
    lists.for_the_city(access)
    return ThirdSystemKeyOut(code=code, key=actions.renew_third_key(code, access.person))


@router.post(
    "/systems/{code}/switch",
    response={200: list[ThirdSystemOut], **PROBLEMS},
    operation_id="switch_third_system",
)
def switch_third_system(request: HttpRequest, code: str, body: ThirdSystemSwitchIn) -> list[ThirdSystemOut]:
    """Hear a third system no longer, or again."""
    access = access_of(request)
    lists.for_the_city(access)
    actions.switch_third_source(code, body.enabled, access.person)
    return lists.systems(access)


@router.get("/events", response={200: ThirdEventList, **PROBLEMS}, operation_id="list_third_events")
def list_third_events(
    request: HttpRequest, source: str = "", problem: bool = False, page: int = 1, size: int = 20
) -> ThirdEventList:
    """Events of third systems with the alarm that came of each, or why none did."""
    return lists.events(access_of(request), source, problem, page, size)

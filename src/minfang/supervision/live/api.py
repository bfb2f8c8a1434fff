"""Watching works live: which there are, the three views, small curves, and where the stream is."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, requires
from minfang.supervision.live import emergency, matrix, peace, points, queries
from minfang.supervision.live.schemas import (
    LiveChangesOut,
    LiveEmergencyOut,
    LiveMatrixOut,
    LivePeaceOut,
    LiveTrendsOut,
    LiveWhereOut,
    LiveWorksOut,
)

router = Router(tags=["实时监测"], auth=[requires("iot.read")])


@router.get("/where", response={200: LiveWhereOut, **PROBLEMS}, operation_id="live_where")
def where(request: HttpRequest) -> LiveWhereOut:
    """Where this browser opens the stream."""
    return queries.where(request)


@router.get("/changes", response={200: LiveChangesOut, **PROBLEMS}, operation_id="live_changes")
def changes(request: HttpRequest, since: datetime) -> LiveChangesOut:
    """Alarms that changed after an instant."""
    return queries.changes(access_of(request), since)


@router.get("/works", response={200: list[LiveWorksOut], **PROBLEMS}, operation_id="live_works")
def works(request: HttpRequest, q: str = "") -> list[LiveWorksOut]:
    """Works to choose from, those that need attention first."""
    return queries.choices(access_of(request), q)


@router.get("/works/{works_id}/peace", response={200: LivePeaceOut, **PROBLEMS}, operation_id="live_peace")
def in_peace(request: HttpRequest, works_id: int) -> LivePeaceOut:
    """A work in peace: the overall condition of each unit."""
    return peace.view(points.read(queries.works_of(access_of(request), works_id)))


@router.get(
    "/works/{works_id}/emergency",
    response={200: LiveEmergencyOut, **PROBLEMS},
    operation_id="live_emergency",
)
def in_emergency(request: HttpRequest, works_id: int) -> LiveEmergencyOut:
    """A work in an emergency: what is ready and what is not."""
    return emergency.view(points.read(queries.works_of(access_of(request), works_id)))


@router.get("/works/{works_id}/matrix", response={200: LiveMatrixOut, **PROBLEMS}, operation_id="live_matrix")
def by_sensor(request: HttpRequest, works_id: int) -> LiveMatrixOut:
    """Units by kinds of sensors, inside and outside."""
    return matrix.view(points.read(queries.works_of(access_of(request), works_id)))


@router.get("/works/{works_id}/trends", response={200: LiveTrendsOut, **PROBLEMS}, operation_id="live_trends")
def trends(request: HttpRequest, works_id: int) -> LiveTrendsOut:
    """The last hours of every series of a work."""
    return matrix.trends(queries.works_of(access_of(request), works_id))

"""What the live pages ask besides the views: the works to choose from, and what changed."""

from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, Q
from django.http import HttpRequest

from minfang.kernel.base import clock
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam.access import Access
from minfang.registry.models import DeviceStatus, OpState, Works, seen_by
from minfang.registry.sensor_types import GATEWAY
from minfang.supervision.alarms.models import Alarm, AlarmEvent
from minfang.supervision.live import parts
from minfang.supervision.live.definitions import load
from minfang.supervision.live.schemas import (
    LiveChangeOut,
    LiveChangesOut,
    LiveWhereOut,
    LiveWorksOut,
)
from minfang.supervision.telemetry import notify

PERMISSION = "iot.read"
MOST_CHANGES = 200
AWAY = (DeviceStatus.OFFLINE, DeviceStatus.FAULT, DeviceStatus.DISABLED)


def works_of(access: Access, works_id: int) -> Works:
    """A work this person watches. Refuses with 404 where it is none of theirs."""
    found = Works.objects.visible_to(access, PERMISSION).filter(pk=works_id).first()
    if found is None:
        raise not_found("该工程")
    return found


def choices(access: Access, text: str = "") -> list[LiveWorksOut]:
    """Works with devices: those in an emergency first, then by the worst alarm, then by number."""
    rows = Works.objects.visible_to(access, PERMISSION).filter(devices__retired_at=None).distinct()
    if text.strip():
        wanted = text.strip()
        rows = rows.filter(Q(name__icontains=wanted) | Q(works_no__icontains=wanted))
    sensors = Q(devices__retired_at=None) & ~Q(devices__sensor_type=GATEWAY)
    rows = rows.annotate(
        sensors=Count("devices", filter=sensors, distinct=True),
        away=Count("devices", filter=sensors & Q(devices__status__in=AWAY), distinct=True),
        unit_count=Count("units", distinct=True),
    )
    alarms: dict[int, tuple[int, int]] = {
        row["works_id"]: (row["count"], row["worst"])
        for row in Alarm.objects.filter(seen_by(access, PERMISSION, "works__"), closed_at=None)
        .values("works_id")
        .annotate(count=Count("id"), worst=Min("level"))
    }
    found = [_choice(row, *alarms.get(row.pk, (0, None))) for row in rows]
    order = {OpState.EMERGENCY: 0, OpState.TRANSITION: 1}
    return sorted(found, key=lambda one: (order.get(OpState(one.op_state), 2), one.level or 9, one.works_no))


def _choice(row: Works, alarms: int, worst: int | None) -> LiveWorksOut:
    sensors, away = int(row.sensors), int(row.away)  # type: ignore[attr-defined]
    return LiveWorksOut(
        id=row.pk,
        works_no=row.works_no,
        name=row.name,
        district=parts.district_name(row.district_code),
        op_state=row.op_state,
        op_state_name=OpState(row.op_state).label,
        units=int(row.unit_count),  # type: ignore[attr-defined]
        devices=sensors,
        online=sensors - away,
        alarms=alarms,
        level=worst,
    )


def changes(access: Access, since: datetime) -> LiveChangesOut:
    """What changed in the ledger after ``since``, for browsers without a stream."""
    now = clock.now()
    rows = (
        AlarmEvent.objects.filter(seen_by(access, PERMISSION, "alarm__works__"), at__gt=since)
        .order_by("alarm_id")
        .values_list("alarm__works_id", "alarm_id")
        .distinct()[: MOST_CHANGES + 1]
    )
    found = [LiveChangeOut(kind=notify.ALARM, works=works, id=alarm) for works, alarm in rows]
    return LiveChangesOut(since=now, changes=found[:MOST_CHANGES], more=len(found) > MOST_CHANGES)


def where(request: HttpRequest) -> LiveWhereOut:
    """Where this browser finds the stream: the same host at another port, or a path behind the gateway."""
    told: str = settings.LIVE_URL
    if told.startswith(":"):
        host = request.get_host()
        bare = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        told = f"{request.scheme}://{bare}{told}"
    return LiveWhereOut(url=told, poll_seconds=load("live")["time"]["poll_seconds"])

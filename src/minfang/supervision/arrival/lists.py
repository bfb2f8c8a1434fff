"""What arrives, for the administrator of the city's devices: sources, unusable messages, third systems."""

from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Max, Q, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.base.errors import forbidden
from minfang.kernel.base.tables import csv_lines
from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.models import ThirdEvent
from minfang.supervision.alarms.queries.scope import city_wide
from minfang.supervision.arrival import queries
from minfang.supervision.arrival.models import DeadLetter, SourceState, ThirdSource, Worker
from minfang.supervision.arrival.schemas import (
    ArrivalOut,
    ArrivalSourceOut,
    DeadLetterList,
    DeadLetterOut,
    RefusedReadingList,
    RefusedReadingOut,
    ThirdEventList,
    ThirdEventOut,
    ThirdSystemOut,
)
from minfang.supervision.telemetry.models import Doubt, Quarantined

MANAGE = "link.manage"
MOST_ON_A_PAGE, TEXT_SHOWN = 100, 2000
KINDS = {
    "jetstream": "消息队列",
    "mqtt": "外部 MQTT",
    "rabbitmq": "RabbitMQ",
    "kafka": "Kafka",
    "file": "文件导入",
    "link": "数据链路",
}
STATES = {"good": "正常", "stuck": "停滞", "silent": "无响应", "bad": "故障"}
DOUBTS = dict(Doubt.choices)
REFUSED_HEAD = ("接收时间", "设备", "指标", "上报时间", "上报值", "原因", "建议", "数据源")


def for_the_city(access: Access) -> None:
    """Refuse whoever looks after one district only: what could not be used belongs to no district."""
    if not city_wide(access, MANAGE):
        raise forbidden("实时接入由市级物联管理员查看和管理。")


def arrival(access: Access) -> ArrivalOut:
    """How the sources stand, those with a fault first."""
    for_the_city(access)
    now = queries.standing()
    ill = {row.source: "stuck" for row in queries.stuck(now.sources)}
    ill |= {row.source: "silent" for row in queries.silent(now.sources)}
    ill |= {row.source: "bad" for row in now.sources if row.error}
    sources = [_source(row, ill.get(row.source, "good")) for row in now.sources]
    return ArrivalOut(
        now=clock.now(),
        sources=sorted(sources, key=lambda row: (row.state == "good", row.kind, row.source)),
        workers=Worker.objects.filter(until__gt=clock.now()).count(),
        readings=now.readings,
        stored=now.stored,
        duplicates=now.duplicates,
        waiting=now.waiting,
        oldest_waiting_at=now.oldest_waiting,
        missing=now.missing,
        refused_today=now.quarantined_today,
        conflicts_today=now.conflicts_today,
        letters_today=now.dead_today,
    )


def _source(row: SourceState, state: str) -> ArrivalSourceOut:
    head, _, rest = row.source.replace(":", "/").partition("/")
    kind = KINDS.get(row.kind or head, KINDS.get(head, row.kind or head))
    return ArrivalSourceOut(
        source=row.source,
        name=f"{kind}第 {rest} 分区" if row.kind == queries.LIVE else f"{kind} {rest}".strip(),
        kind=kind,
        state=state,
        state_label=STATES[state],
        error=row.error,
        messages=row.messages,
        readings=row.readings,
        stored=row.stored,
        duplicates=row.duplicates,
        conflicts=row.conflicts,
        late=row.late,
        quarantined=row.quarantined,
        dead=row.dead,
        waiting=row.pending + row.unacked,
        oldest_waiting_at=row.oldest_waiting_at,
        worker=row.worker,
        seen_at=row.seen_at,
    )


def letters(access: Access, keyword: str, page: int, size: int) -> DeadLetterList:
    """Messages nobody could use, the newest first."""
    for_the_city(access)
    rows = DeadLetter.objects.all()
    for word in keyword.split():
        found = Q(subject__icontains=word) | Q(reason__icontains=word) | Q(detail__icontains=word)
        rows = rows.filter(found | Q(source__icontains=word))
    part, place = _page(rows, page, size)
    return DeadLetterList(items=[_letter(row) for row in part], **place)


def _letter(row: DeadLetter) -> DeadLetterOut:
    text = bytes(row.payload).decode(errors="replace").replace("\0", "�")
    return DeadLetterOut(
        id=row.pk,
        source=row.source,
        subject=row.subject,
        reason=row.reason,
        detail=row.detail,
        text=text[:TEXT_SHOWN],
        size=row.size,
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
    )


def refused(access: Access, keyword: str, reason: str, page: int, size: int) -> RefusedReadingList:
    """Readings in quarantine, the newest first."""
    part, place = _page(_refused(access, keyword, reason), page, size)
    return RefusedReadingList(items=[_reading(row) for row in part], **place)


def refused_csv(access: Access, keyword: str, reason: str) -> Iterator[bytes]:
    """The same readings as a table for whoever sets the devices right."""
    rows = _refused(access, keyword, reason).iterator(chunk_size=2000)
    return csv_lines(REFUSED_HEAD, (_cells(row) for row in rows))


def _cells(row: Quarantined) -> tuple[str, ...]:
    at = row.received_at.astimezone(clock.SHANGHAI)
    said = (row.device_id, row.metric, row.ts, row.value, str(DOUBTS.get(row.reason, row.reason)))
    return (f"{at:%Y-%m-%d %H:%M:%S}", *said, row.hint, row.source)


def _refused(access: Access, keyword: str, reason: str) -> QuerySet[Quarantined]:
    for_the_city(access)
    rows = Quarantined.objects.filter(reason=reason) if reason else Quarantined.objects.all()
    for word in keyword.split():
        rows = rows.filter(Q(device_id__icontains=word) | Q(metric__icontains=word))
    return rows


def _reading(row: Quarantined) -> RefusedReadingOut:
    return RefusedReadingOut(
        id=row.pk,
        device_id=row.device_id,
        metric=row.metric,
        ts=row.ts,
        value=row.value,
        reason=row.reason,
        reason_label=str(DOUBTS.get(row.reason, row.reason)),
        hint=row.hint,
        source=row.source,
        received_at=row.received_at,
    )


def systems(access: Access) -> list[ThirdSystemOut]:
    """Third systems with what they have reported."""
    for_the_city(access)
    told = ThirdEvent.objects.order_by().values("source").annotate(n=Count("pk"), at=Max("received_at"))
    heard: dict[str, dict[str, Any]] = {row["source"]: dict(row) for row in told}
    return [_system(row, heard.get(row.code, {})) for row in ThirdSource.objects.all()]


def _system(row: ThirdSource, heard: dict[str, Any]) -> ThirdSystemOut:
    return ThirdSystemOut(
        code=row.code,
        name=row.name,
        enabled=row.enabled,
        made_at=row.made_at,
        renewed_at=row.renewed_at,
        events=heard.get("n", 0),
        last_event_at=heard.get("at"),
    )


def events(access: Access, source: str, problem: bool, page: int, size: int) -> ThirdEventList:
    """Events of third systems, the newest first; with ``problem`` only those no alarm came of."""
    for_the_city(access)
    rows = ThirdEvent.objects.select_related("alarm").only(
        *("source", "external_id", "kind", "problem", "received_at", "alarm__number")
    )
    rows = rows.filter(source=source) if source else rows
    part, place = _page(rows.exclude(problem="") if problem else rows, page, size)
    return ThirdEventList(items=[_event(row) for row in part], **place)


def _event(row: ThirdEvent) -> ThirdEventOut:
    return ThirdEventOut(
        id=row.pk,
        source=row.source,
        external_id=row.external_id,
        kind=row.kind,
        alarm=row.alarm.number if row.alarm else "",
        problem=row.problem,
        received_at=row.received_at,
    )


def _page(rows: QuerySet[Any], page: int, size: int) -> tuple[list[Any], dict[str, int]]:
    size = min(max(size, 1), MOST_ON_A_PAGE)
    found = Paginator(rows, size).get_page(page)
    return list(found), {"total": found.paginator.count, "page": found.number, "size": size}

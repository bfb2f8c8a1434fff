"""Pushes to outside platforms, followed to their end (feature 99)."""

from django.core.paginator import Paginator
from django.db.models import Count, Q

from minfang.kernel.base import clock
from minfang.kernel.exchange.models import OutboxMessage, OutboxState
from minfang.kernel.iam.access import Access
from minfang.registry.models import Works, seen_by
from minfang.supervision.alarms.actions.silencing import words_of
from minfang.supervision.alarms.models import AlarmPush, PushState, Target
from minfang.supervision.alarms.queries.scope import city_wide, silences
from minfang.supervision.alarms.routing import PLATFORMS
from minfang.supervision.alarms.schemas import AlarmCount, AlarmPushList, AlarmPushRow, SilenceOut


def pushes(
    access: Access, *, target: str = "", state: str = "", keyword: str = "", page: int = 1, size: int = 20
) -> AlarmPushList:
    """Pushes to platforms in the person's scope, newest first, with counts by platform and state."""
    scope = AlarmPush.objects.filter(seen_by(access, "iot.read", "alarm__works__"), target__in=PLATFORMS)
    counted = scope.order_by().values_list("target", "state").annotate(n=Count("id"))
    counts = [
        AlarmCount(value=f"{to}.{how}", label=f"{Target(to).label} {PushState(how).label}", count=n)
        for to, how, n in counted
    ]
    rows = scope
    if target:
        rows = rows.filter(target=target)
    if state:
        rows = rows.filter(state=state)
    if word := keyword.strip()[:40]:
        found = Q(alarm__number__icontains=word) | Q(alarm__works__name__icontains=word)
        rows = rows.filter(found | Q(external_id__icontains=word) | Q(alarm__title__icontains=word))
    pages = Paginator(rows.select_related("alarm__works").order_by("-at", "-id"), min(max(size, 1), 100))
    shown = pages.get_page(page)
    listed = list(shown.object_list)
    ids = [push.message_id for push in listed if push.message_id]
    sent = {m.pk: m for m in OutboxMessage.objects.filter(pk__in=ids).defer("payload", "answer")}
    may = set(Works.objects.filter(seen_by(access, "iot.handle")).values_list("pk", flat=True))
    return AlarmPushList(
        rows=[_row(push, sent.get(push.message_id or 0), push.alarm.works_id in may) for push in listed],
        total=pages.count,
        page=shown.number,
        size=pages.per_page,
        counts=counts,
    )


def _row(push: AlarmPush, message: OutboxMessage | None, may: bool) -> AlarmPushRow:
    alarm = push.alarm
    stuck = message is not None and message.state in (OutboxState.DEAD, OutboxState.WAITING)
    return AlarmPushRow(
        id=push.pk,
        number=alarm.number,
        title=alarm.title,
        works=alarm.works.name,
        level=push.level,
        target=push.target,
        target_label=Target(push.target).label,
        kind=push.kind,
        state=push.state,
        state_label=PushState(push.state).label,
        reason=push.reason or (message.last_error if message is not None and stuck else ""),
        external_id=push.external_id,
        at=push.at,
        settled_at=push.settled_at,
        tries=message.tries if message else 0,
        handler=str(push.answer.get("handler", "")),
        may_resend=may and stuck,
    )


def silence_list(access: Access, *, over: bool = False) -> list[SilenceOut]:
    """Silences in force or to come, or those that are over; newest first."""
    now = clock.now()
    running = Q(ends_at__gt=now, ended_at__isnull=True)
    rows = silences(access).filter(~running if over else running)
    rows = rows.select_related("works", "unit", "device", "rule", "created_by")[:200]
    whole = city_wide(access, "iot.handle")
    may = set(Works.objects.filter(seen_by(access, "iot.handle")).values_list("pk", flat=True))
    return [
        SilenceOut(
            id=row.pk,
            words=words_of(row),
            works=row.works.name if row.works else "全市",
            category=row.category,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            ended_at=row.ended_at,
            reason=row.reason,
            by=row.created_by.name,
            held=row.held,
            active=row.starts_at <= now < row.ends_at and row.ended_at is None,
            may_end=not over and (whole if row.works_id is None else row.works_id in may),
        )
        for row in rows
    ]

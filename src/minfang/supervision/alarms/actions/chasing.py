"""What happens by itself as time passes: escalations, gathered pushes, repeats, limits passed, late pushes.

Each takes due rows nobody else is working on, a limited number a turn, in one transaction.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from minfang.kernel.base import clock
from minfang.kernel.workdays.queries import official_calendar
from minfang.supervision.alarms.actions.announcing import announce
from minfang.supervision.alarms.actions.pushing import Pusher
from minfang.supervision.alarms.actions.telling import Telling, rule_of, tell_all
from minfang.supervision.alarms.models import (
    Alarm,
    AlarmEvent,
    AlarmState,
    Escalation,
    PushGroup,
    Suppression,
)
from minfang.supervision.alarms.policy import CONFIRM, HANDLE, policy_of
from minfang.supervision.alarms.skipping import free
from minfang.supervision.alarms.suppression import Judge

MOST = 500
RELATED = (
    "works__managing_unit",
    "unit",
    "rule_version",
    "device__floor",
    "device__room",
    "device__gateway",
)
UNHANDLED = (AlarmState.NEW, AlarmState.CONFIRMED, AlarmState.DISPATCHED, AlarmState.PROCESSING)
LATE = (Suppression.SILENCE, Suppression.GATEWAY, Suppression.POWER, Suppression.MAINTENANCE)


@transaction.atomic
def escalate_due() -> int:
    """Tell who is higher of what nobody confirmed or handled; one telling a work, level and target."""
    now = clock.now()
    rows = Escalation.objects.filter(next_due__lte=now).order_by("next_due", "pk")
    due = list(free(rows.select_related(*(f"alarm__{name}" for name in RELATED)))[:MOST])
    told: dict[tuple[int, int, str, str], list[Escalation]] = defaultdict(list)
    for row in due:
        row.done_at, row.next_due = now, None
        row.outcome = _needless(row)
        if not row.outcome:
            told[row.alarm.works_id, row.level, row.target, row.unless].append(row)
    for rows_of_one in told.values():
        _escalate(rows_of_one, now)
    Escalation.objects.bulk_update(due, ["done_at", "next_due", "outcome"])
    return len(due)


def _needless(row: Escalation) -> str:
    alarm = row.alarm
    if alarm.closed_at is not None or alarm.state == AlarmState.RESOLVED:
        return "已处置，不升级"
    if row.unless == CONFIRM and alarm.state != AlarmState.NEW:
        return "已确认，不升级"
    if alarm.level != row.level:
        return "级别已变，按新级别升级"
    return ""


def _escalate(rows: list[Escalation], now: datetime) -> None:
    first, more = rows[0], len(rows) - 1
    what = "未确认" if first.unless == CONFIRM else "未处置"
    ground = f"超过时限{what}，升级督办" + (f"（另有 {more} 条）" if more else "")
    tell_all(first.alarm, Telling("ESCALATE", ground, more, at=now), [first.target])
    for row in rows:
        row.outcome = "已升级" if row is first else f"已并入 {first.alarm.number} 升级"
    AlarmEvent.objects.bulk_create(
        _event(row.alarm, "ESCALATED", f"{ground} → {row.get_target_display()}", now) for row in rows
    )


@transaction.atomic
def flush_groups() -> int:
    """Tell in one message of what was gathered; a group with nothing waiting is at rest again."""
    now = clock.now()
    groups = list(free(PushGroup.objects.filter(until__lte=now).order_by("pk"))[:MOST])
    for group in groups:
        waiting, lead_id = group.waiting, group.lead_id
        group.waiting, group.at_once, group.until = 0, 0, None
        if waiting and lead_id is not None:
            lead = Alarm.objects.select_related(*RELATED).get(pk=lead_id)
            policy = policy_of(group.level, rule_of(lead))
            group.until = now + timedelta(seconds=policy.gather_seconds)
            tell_all(lead, Telling("FOLLOW_UP", f"同一工程同级另有 {waiting} 条", waiting, at=now))
    PushGroup.objects.bulk_update(groups, ["waiting", "at_once", "until"])
    return len(groups)


@transaction.atomic
def repeat_due() -> int:
    """Push again what still holds and nobody confirmed, as often as its rule says."""
    now = clock.now()
    rows = Alarm.objects.filter(next_repeat_at__lte=now).order_by("next_repeat_at", "pk")
    alarms = list(free(rows.select_related(*RELATED))[:MOST])
    pusher = Pusher(now, official_calendar())
    for alarm in alarms:
        if alarm.state != AlarmState.NEW or alarm.cleared_at is not None or alarm.closed_at is not None:
            Alarm.objects.filter(pk=alarm.pk).update(next_repeat_at=None)
            continue
        ground = f"仍在持续，第 {alarm.count} 次"
        tell_all(alarm, Telling("REPEAT", ground, directory=pusher.directory, at=now))
        pusher.repeat_later(alarm)
    return len(alarms)


@transaction.atomic
def mark_overdue() -> int:
    """Mark alarms whose time to confirm or to handle is over; each mark is an event of the alarm."""
    now = clock.now()
    late = Q(state=AlarmState.NEW, confirm_due__lt=now, overdue_kind="") | Q(
        state__in=UNHANDLED, handle_due__lt=now, overdue_kind__in=("", CONFIRM)
    )
    alarms = list(free(Alarm.objects.filter(late, closed_at__isnull=True).order_by("pk"))[:MOST])
    events = []
    for alarm in alarms:
        handle = alarm.handle_due is not None and alarm.handle_due < now
        alarm.overdue_kind = HANDLE if handle else CONFIRM
        alarm.overdue_at = alarm.handle_due if handle else alarm.confirm_due
        events.append(_event(alarm, "OVERDUE", "超过处置时限" if handle else "超过确认时限", now))
    Alarm.objects.bulk_update(alarms, ["overdue_kind", "overdue_at"])
    AlarmEvent.objects.bulk_create(events)
    announce(alarms)
    return len(alarms)


def _event(alarm: Alarm, kind: str, note: str, now: datetime) -> AlarmEvent:
    return AlarmEvent(
        alarm=alarm,
        kind=kind,
        at=now,
        state_before=alarm.state,
        state_after=alarm.state,
        level=alarm.level,
        note=note,
    )


@transaction.atomic
def release_suppressed() -> int:
    """Push late what was kept silent for a reason that has ended, if it still holds and nobody took it up."""
    now = clock.now()
    rows = Alarm.objects.filter(
        suppressed_by__in=LATE, closed_at__isnull=True, cleared_at__isnull=True, state=AlarmState.NEW
    )
    alarms = list(free(rows.select_related(*RELATED).order_by("pk"))[:MOST])
    judge = Judge(alarms, now)
    released = [alarm for alarm in alarms if judge.reason(alarm) is None]
    for alarm in released:
        alarm.suppressed_by = ""
    Alarm.objects.filter(pk__in=[a.pk for a in released]).update(suppressed_by="")
    AlarmEvent.objects.bulk_create(
        _event(alarm, "RELEASED", f"{alarm.suppressed_reason}；原因消失仍未恢复，补推", now)
        for alarm in released
    )
    Pusher(now, official_calendar()).push(released, ())
    return len(released)

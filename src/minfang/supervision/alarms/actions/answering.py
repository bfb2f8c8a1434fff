"""What outside platforms answer: taken, refused, and later by call backs what became of it.

Reports come late, twice and out of order. Each is stored by its own number first; one older than the
last that counted, or one that goes back from an end, changes nothing but leaves a trace.
"""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.exchange.actions import receive
from minfang.kernel.exchange.actions.handling import resend as send_again
from minfang.kernel.exchange.actions.proving import prove_once
from minfang.kernel.exchange.connectors import when_dead, when_delivered
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.iam.access import Access
from minfang.registry.models import seen_by
from minfang.supervision.alarms import facts
from minfang.supervision.alarms.actions.announcing import announce
from minfang.supervision.alarms.models import Alarm, AlarmEvent, AlarmPush, AlarmState, PushState, Target

STATES = {
    "ACCEPTED": PushState.TAKEN,
    "WORKING": PushState.WORKING,
    "FINISHED": PushState.DONE,
    "RETURNED": PushState.REFUSED,
}
ENDS = (PushState.DONE, PushState.REFUSED)
TARGETS = {"rfm": Target.RFM, "city_disposal": Target.CITY_PLATFORM}
RFM, CITY = facts.CONNECTORS[Target.RFM], facts.CONNECTORS[Target.CITY_PLATFORM]


def _push_of(message: OutboxMessage) -> AlarmPush | None:
    rows = AlarmPush.objects.select_for_update(of=("self",)).select_related("alarm")
    return rows.filter(message_id=message.pk).first()


@when_delivered(*RFM)
@when_delivered(*CITY)
def taken(message: OutboxMessage, answer: dict[str, Any]) -> None:
    """The platform took an alarm; a report may already have come."""
    push = _push_of(message)
    if push is None:
        return
    push.external_id = push.external_id or str(answer.get("external_id", ""))[:64]
    if push.state in (PushState.WAITING, PushState.FAILED):
        push.state, push.reason = PushState.TAKEN, ""
    push.save(update_fields=["external_id", "state", "reason"])
    _trace(push, f"{push.get_target_display()}已接收（{push.external_id}）")


@when_dead(*RFM)
@when_dead(*CITY)
def given_up(message: OutboxMessage, answer: dict[str, Any]) -> None:
    """The platform refused an alarm, or could not be reached through the whole schedule."""
    push = _push_of(message)
    if push is None:
        return
    push.state, push.reason = PushState.FAILED, str(answer.get("reason") or message.last_error)[:500]
    push.save(update_fields=["state", "reason"])
    _trace(push, f"{push.get_target_display()}推送失败：{push.reason}")


def _trace(push: AlarmPush, note: str, kind: str = "ANSWER", state_before: str = "") -> None:
    AlarmEvent.objects.create(
        alarm=push.alarm,
        kind=kind,
        at=clock.now(),
        state_before=state_before or push.alarm.state,
        state_after=push.alarm.state,
        level=push.level,
        note=note[:500],
        data={"target": push.target, "external_id": push.external_id},
    )
    announce([push.alarm])


@transaction.atomic
def receive_report(source: str, body: bytes, *, timestamp: str, nonce: str, signature: str) -> bool:
    """Take a report of a platform, its origin proven (HMAC-SM3 of time, nonce, body); whether new."""
    target = TARGETS.get(source)
    if target is None:
        raise not_found("该平台")
    key = settings.OUTSIDE_TOKEN.encode()
    prove_once(source, body, timestamp=timestamp, nonce=nonce, signature=signature, key=key)
    report = _read(body)
    _, is_new = receive(f"{source}.report", str(report["reportNo"])[:100], report)
    if is_new:
        _follow(source, target, report)
    return is_new


def _read(body: bytes) -> dict[str, Any]:
    try:
        report = json.loads(body)
        known = report["status"] in STATES and bool(report["reportNo"]) and bool(report["alarmNo"])
        datetime.fromisoformat(report["at"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal("CALLBACK_SHAPE", "反馈内容不完整。", status=422) from error
    if not known:
        raise Refusal("CALLBACK_SHAPE", "反馈的状态不在约定之内。", status=422)
    return dict(report)


def _follow(source: str, target: str, report: dict[str, Any]) -> None:
    alarm = Alarm.objects.select_for_update(of=("self",)).filter(number=report["alarmNo"]).first()
    rows = AlarmPush.objects.select_for_update(of=("self",)).filter(alarm=alarm, target=target)
    push = rows.order_by("-times", "-pk").first() if alarm is not None else None
    if alarm is None or push is None:
        raise not_found("该预警的推送")
    push.alarm = alarm
    state, at = STATES[report["status"]], datetime.fromisoformat(report["at"])
    words = f"{report.get('handler', '')} {report.get('note', '')}".strip()
    said = f"{push.get_target_display()}反馈：{state.label}，{words}"
    if _stale(push, state, at):
        _trace(push, f"{said.strip()}（迟到或矛盾，未采用）", "ANSWER_LATE")
        return
    before = alarm.state
    push.state, push.settled_at = state, at if state in ENDS else None
    push.external_id = push.external_id or str(report.get("externalNo", ""))[:64]
    push.answer = {"handler": str(report.get("handler", ""))[:50], "at": report["at"]}
    push.answer["note"] = str(report.get("note", ""))[:500]
    push.save(update_fields=["state", "settled_at", "external_id", "answer"])
    _move(alarm, state, report)
    _trace(push, said.strip(), state_before=before)
    record(
        "iot_alarm.answer",
        person=None,
        target=alarm.subject,
        summary=f"{said}（{alarm.number}）"[:500],
        after={"push": state, "state": alarm.state},
    )


def _stale(push: AlarmPush, state: PushState, at: datetime) -> bool:
    """Older than the report that counts, or a step back from an end."""
    last = push.answer.get("at")
    if last and datetime.fromisoformat(last) > at:
        return True
    return push.state in ENDS and state not in ENDS


def _move(alarm: Alarm, state: PushState, report: dict[str, Any]) -> None:
    """The platform's work moves an alarm on, never back and never to its end: that is ours to judge."""
    waiting = (AlarmState.NEW, AlarmState.CONFIRMED, AlarmState.DISPATCHED)
    if state == PushState.WORKING and alarm.state in waiting:
        alarm.state, alarm.started_at = AlarmState.PROCESSING, clock.now()
    elif state == PushState.TAKEN and alarm.state in waiting[:2]:
        alarm.state, alarm.dispatched_at = AlarmState.DISPATCHED, clock.now()
    elif state == PushState.DONE and alarm.is_open and alarm.state != AlarmState.RESOLVED:
        alarm.state = AlarmState.PROCESSING
        alarm.measure = alarm.measure or str(report.get("note", ""))[:500]
    else:
        return
    if alarm.confirmed_at is None:
        alarm.confirmed_at, alarm.next_repeat_at = clock.now(), None
    alarm.version += 1
    alarm.save()


@transaction.atomic
def resend(access: Access, push_id: int) -> None:
    """Send a stuck push again. Refuses one outside the person's scope (404) or one that is not stuck."""
    rows = AlarmPush.objects.filter(seen_by(access, "iot.handle", "alarm__works__"), pk=push_id)
    push = rows.select_for_update(of=("self",)).select_related("alarm").first()
    sent = push.message_id if push is not None else None
    message = OutboxMessage.objects.filter(pk=sent).first() if sent is not None else None
    if push is None or message is None:
        raise not_found("该推送")
    send_again(message, access.person)
    push.state, push.reason = PushState.WAITING, ""
    push.save(update_fields=["state", "reason"])
    record(
        "iot_alarm.resend",
        person=access.person,
        target=push.alarm.subject,
        summary=f"重发 {push.alarm.number} 到{push.get_target_display()}",
    )

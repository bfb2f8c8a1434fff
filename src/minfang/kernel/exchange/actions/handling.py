"""What a person does with a message that needs a decision: send it again, give it up, settle what it says."""

from collections.abc import Iterable

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.exchange import breaker, connectors, wakeup
from minfang.kernel.exchange.models import InboxMessage, OutboxMessage, OutboxState
from minfang.kernel.iam.models import Person


def _locked(message: OutboxMessage) -> OutboxMessage:
    fresh = OutboxMessage.objects.select_for_update().get(pk=message.pk)
    if fresh.state in (OutboxState.DONE, OutboxState.CANCELLED):
        raise Refusal(
            "OUTBOX_SETTLED", f"该条推送{fresh.get_state_display()}，无需再处理。", "请刷新列表。", status=409
        )
    if fresh.state == OutboxState.SENDING and fresh.claimed_until and fresh.claimed_until > clock.now():
        raise Refusal("OUTBOX_SENDING", "该条推送正在发送。", "稍候片刻，看到结果后再决定。", status=409)
    return fresh


@transaction.atomic
def resend(message: OutboxMessage, person: Person | None) -> OutboxMessage:
    """Send a message again at once, with its key and payload unchanged, and with a full schedule of tries.

    The result shows in its state and its attempts, which are kept.
    """
    fresh = _locked(message)
    before = {"state": fresh.state, "tries": fresh.tries, "last_error": fresh.last_error}
    now = clock.now()
    fresh.state, fresh.tries, fresh.next_try_at, fresh.asked_at = OutboxState.PENDING, 0, now, now
    fresh.save(update_fields=["state", "tries", "next_try_at", "asked_at"])
    breaker.try_now(fresh.connector)
    record(
        "exchange.resend",
        person=person,
        target=fresh,
        summary=f"重新推送 {fresh}",
        before=before,
        after={"state": fresh.state},
    )
    wakeup.announce(connectors.lane_of(fresh.connector))
    return fresh


def resend_dead(messages: Iterable[OutboxMessage], person: Person) -> int:
    """Send again what waits for a person, each in a transaction of its own; returns how many."""
    sent = 0
    for message in messages:
        try:
            resend(message, person)
            sent += 1
        except Refusal:  # settled or taken up by somebody else meanwhile
            continue
    return sent


@transaction.atomic
def settle_contradiction(message: InboxMessage, person: Person, note: str) -> InboxMessage:
    """A person has found out which of two contradicting messages holds, and says so."""
    if not note.strip():
        raise Refusal("REASON_MISSING", "请填写核实结果。", "核实结果将记入审计日志。", status=422)
    fresh = InboxMessage.objects.select_for_update().get(pk=message.pk)
    fresh.settled_at, fresh.note = clock.now(), note.strip()[:500]
    fresh.save(update_fields=["settled_at", "note"])
    record(
        "exchange.settle",
        person=person,
        target=fresh,
        summary=f"核实矛盾回执 {fresh}",
        reason=fresh.note,
    )
    return fresh


@transaction.atomic
def cancel(message: OutboxMessage, person: Person, reason: str) -> OutboxMessage:
    """Give a message up for good; later ones of its lane may go. Only a person does this, with a reason."""
    if not reason.strip():
        raise Refusal("REASON_MISSING", "请填写取消推送的原因。", "原因将记入审计日志。", status=422)
    fresh = _locked(message)
    before = {"state": fresh.state, "last_error": fresh.last_error}
    fresh.state = OutboxState.CANCELLED
    fresh.save(update_fields=["state"])
    record(
        "exchange.cancel",
        person=person,
        target=fresh,
        summary=f"取消推送 {fresh}",
        before=before,
        after={"state": fresh.state},
        reason=reason,
    )
    wakeup.announce(connectors.lane_of(fresh.connector))
    return fresh

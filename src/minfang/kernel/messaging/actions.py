"""Telling people: publish wordings, notify, take receipts, mark as read."""

import re
import tomllib
import uuid
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max

from minfang.kernel.base import clock, masking
from minfang.kernel.base.errors import not_found
from minfang.kernel.crypto.fields import blind_index
from minfang.kernel.exchange import actions as exchange
from minfang.kernel.exchange.connectors import when_dead, when_delivered
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging import pacing
from minfang.kernel.messaging.models import Channel, Message, MessageState, MessageTemplate
from minfang.kernel.messaging.templates import Wording, fill, read

CONNECTOR, DATASET, RECEIPTS = "sms", "send", "sms.receipt"
MOBILE = re.compile(r"1[3-9]\d{9}")
RELEASED_AT_ONCE = 500
LIMITS = Path(__file__).parent / "definitions" / "limits.toml"


@lru_cache(maxsize=1)
def _repeat_window() -> timedelta:
    return timedelta(minutes=tomllib.loads(LIMITS.read_text())["repeat_minutes"])


@transaction.atomic
def publish_templates(wordings: Iterable[Wording]) -> int:
    """Publish new or changed wordings as a next version, having checked all; returns how many were."""
    chosen = list(wordings)
    for wording in chosen:
        wording.check()
    return sum(_publish(wording) for wording in chosen)


def load_templates(path: Path) -> int:
    """Publish the wordings of a definition file (``messages.toml``)."""
    return publish_templates(read(tomllib.loads(path.read_text(encoding="utf-8"))))


def ensure_templates(event: str, path: Path) -> None:
    """Publish the wordings of a definition file on an installation that has none of this event yet."""
    if not MessageTemplate.objects.filter(event=event).exists():
        load_templates(path)


def _publish(wording: Wording) -> bool:
    versions = MessageTemplate.objects.filter(event=wording.event, channel=wording.channel)
    last = versions.order_by("-version").first()
    fields = {"title": wording.title, "body": wording.body, "variables": list(wording.variables)}
    if last is not None and all(getattr(last, name) == value for name, value in fields.items()):
        return False
    number = (versions.aggregate(last=Max("version"))["last"] or 0) + 1
    MessageTemplate.objects.create(
        event=wording.event, channel=wording.channel, version=number, published_at=clock.now(), **fields
    )
    return True


def _template(event: str, channel: str) -> MessageTemplate | None:
    newest = MessageTemplate.objects.filter(event=event, channel=channel).order_by("-version").first()
    return newest if newest is not None and newest.enabled else None


@transaction.atomic
def notify(
    event: str,
    *,
    subject: str,
    context: dict[str, Any],
    person: Person | None = None,
    mobile: str = "",
    channels: Sequence[str] = ("SMS", "IN_APP"),
    urgent: bool = False,
) -> list[Message]:
    """Tell one person of an event, in the transaction of that event.

    SMS goes to ``mobile``, or to the person's own; in-app needs a person. A channel without a wording for
    the event, or without an address, is left out. Somebody who heard of the same event of the same
    subject in the last minutes (definitions/limits.toml) is not told again. A number written to more often
    than the security policy allows gets its SMS later, never not at all; ``urgent`` ones (alarms) do not
    wait. Returns what was written.
    """
    messages = []
    number = (mobile or (person.mobile if person else "")).strip()
    for channel in channels:
        template = _template(event, channel)
        reachable = MOBILE.fullmatch(number) if channel == Channel.SMS else person is not None
        if template is None or not reachable:
            continue
        told = number if channel == Channel.SMS else ""
        message = _write(template, subject, context, person, told, urgent=urgent)
        if message is not None:
            messages.append(message)
    return messages


def _write(
    template: MessageTemplate,
    subject: str,
    context: dict[str, Any],
    person: Person | None,
    mobile: str,
    *,
    urgent: bool,
) -> Message | None:
    now = clock.now()
    message = Message(
        template=template,
        event=template.event,
        channel=template.channel,
        subject=subject,
        person=person,
        mobile=mobile,
        mobile_index=blind_index("message.mobile", mobile),
        mobile_masked=masking.number(mobile),
        title=fill(template.title, context)[:100],
        body=fill(template.body, context),
        created_at=now,
    )
    if _told_already(message):
        return None
    if template.channel == Channel.IN_APP:
        message.state, message.sent_at, message.delivered_at = MessageState.DELIVERED, now, now
    elif not urgent:
        _hold_back(message)
    message.save(force_insert=True)
    if template.channel == Channel.SMS and message.state != MessageState.HELD:
        _send(message)
    return message


def _hold_back(message: Message) -> None:
    """Let a message wait whose number was written to too often a moment ago."""
    turn = pacing.turn_of(message.mobile_index, message.created_at)
    if turn > message.created_at:
        local = turn.astimezone(clock.SHANGHAI)
        message.state, message.leave_at = MessageState.HELD, turn
        message.error = f"同一号码短信过于频繁，推迟到 {local:%m-%d %H:%M:%S} 发送"


def release_held() -> int:
    """Send the messages whose turn has come; returns how many."""
    due = Message.objects.filter(state=MessageState.HELD, leave_at__lte=clock.now()).order_by("leave_at")
    return sum(_release(pk) for pk in list(due.values_list("pk", flat=True)[:RELEASED_AT_ONCE]))


@transaction.atomic
def _release(pk: uuid.UUID) -> bool:
    rows = Message.objects.select_for_update(skip_locked=True)
    message = rows.filter(pk=pk, state=MessageState.HELD).first()
    if message is None:
        return False
    message.state, message.error = MessageState.PENDING, ""
    message.save(update_fields=["state", "error"])
    _send(message)
    return True


def _told_already(message: Message) -> bool:
    """Same mobile, event and subject a moment ago (by SMS); in-app only the same words to the same person."""
    recent = Message.objects.filter(
        channel=message.channel,
        event=message.event,
        subject=message.subject,
        created_at__gt=message.created_at - _repeat_window(),
    )
    if message.channel == Channel.SMS:
        same = recent.filter(mobile_index=message.mobile_index).exclude(state=MessageState.FAILED)
        return same.exists()
    return any(earlier.body == message.body for earlier in recent.filter(person=message.person))


def _send(message: Message) -> None:
    payload = {"message_id": str(message.pk), "mobile": message.mobile, "content": message.body}
    exchange.enqueue(CONNECTOR, DATASET, subject=message.subject, payload=payload, key=f"sms:{message.pk}")


@when_delivered(CONNECTOR, DATASET)
def mark_sent(outbox: OutboxMessage, answer: dict[str, Any]) -> None:
    """The operator took the message; whether it arrived comes later, and may already have come."""
    message = Message.objects.select_for_update().get(pk=outbox.payload["message_id"])
    if message.state == MessageState.PENDING or not message.receipt:
        message.state, message.error = MessageState.SENT, ""
    message.receipt = message.receipt or str(answer.get("receipt_id", ""))[:64]
    message.sent_at = message.sent_at or clock.now()
    message.save(update_fields=["receipt", "sent_at", "state", "error"])


@when_dead(CONNECTOR, DATASET)
def mark_failed(outbox: OutboxMessage, answer: dict[str, Any]) -> None:
    """The operator refused the message, or could not be reached through the whole schedule."""
    message = Message.objects.select_for_update().get(pk=outbox.payload["message_id"])
    message.state, message.error = MessageState.FAILED, str(answer.get("reason", ""))[:200]
    message.save(update_fields=["state", "error"])


@transaction.atomic
def take_receipt(external_id: str, *, message_id: str, delivered: bool, reason: str = "") -> Message:
    """Record what became of a sent message. Repeats change nothing; a delivery, once reported, stands.

    A receipt may come before the answer to the sending, and twice, and contradict itself: all are kept in
    the inbox. Refuses with 404 a receipt for a message never sent.
    """
    sent = Message.objects.select_for_update().filter(pk__in=_identities([message_id]), channel=Channel.SMS)
    message = sent.first()
    if message is None:
        raise not_found("该短信")
    content = {"message_id": message_id, "delivered": delivered, "reason": reason}
    _, is_new = exchange.receive(RECEIPTS, external_id, content)
    if not is_new or message.state == MessageState.DELIVERED:
        return message
    message.receipt = external_id[:64]
    message.state = MessageState.DELIVERED if delivered else MessageState.FAILED
    message.error = "" if delivered else (reason or "运营商未说明原因")[:200]
    message.delivered_at = clock.now() if delivered else None
    message.save(update_fields=["receipt", "state", "error", "delivered_at"])
    return message


def _identities(texts: Iterable[str]) -> list[uuid.UUID]:
    """The message ids among some texts from outside; what is none is left out."""
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


@transaction.atomic
def mark_read(person: Person, ids: Iterable[str] | None = None) -> int:
    """The person has read these in-app messages of theirs (all by default); returns how many."""
    unread = Message.objects.filter(person=person, channel=Channel.IN_APP, read_at__isnull=True)
    if ids is not None:
        unread = unread.filter(pk__in=_identities(ids))
    return unread.update(read_at=clock.now())

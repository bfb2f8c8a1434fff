"""Delivering what is written down: claim shortly, call outside any transaction, record with the callbacks.

A worker may die at any point. Before the call nothing has happened; after it the same key is sent again
and the platform answers from memory; the record and its callbacks stand or fall together.
"""

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Window
from django.db.models.functions import RowNumber

from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors, schedule, wakeup
from minfang.kernel.exchange.connectors import Delivery, Exchanged, NotYet, Rejected, Undelivered, Unreachable
from minfang.kernel.exchange.models import SETTLED, DeliveryAttempt, OutboxMessage, OutboxState, Outcome

log = logging.getLogger(__name__)
BATCH = 200


@dataclass
class DrainReport:
    """What one drain did, counted in messages."""

    delivered: int = 0
    waiting: int = 0
    dead: int = 0

    @property
    def handled(self) -> int:
        """All messages that were tried."""
        return self.delivered + self.waiting + self.dead

    def count(self, state: str) -> None:
        """Add one message that ended in ``state``."""
        if state == OutboxState.DONE:
            self.delivered += 1
        elif state == OutboxState.DEAD:
            self.dead += 1
        else:
            self.waiting += 1


@dataclass(frozen=True)
class Try:
    """One finished call with its outcome and duration."""

    started_at: datetime
    milliseconds: int
    result: Delivery | Undelivered


def drain(
    limit: int = 100,
    *,
    only: Sequence[str] | None = None,
    apart_from: Sequence[str] = (),
    stop: threading.Event | None = None,
) -> DrainReport:
    """Try at most ``limit`` messages that are due, taking platforms in turn and each subject in its order.

    ``only`` and ``apart_from`` restrict it to, or to all but, some connectors.
    """
    report = DrainReport()
    while report.handled < limit:
        due = _due(min(limit - report.handled, BATCH), only, apart_from)
        claimed = 0
        for pk in due:
            if stop is not None and stop.is_set():
                return report
            message = _claim(pk)
            if message is not None:
                claimed += 1
                report.count(_settle(message, _call(message)))
        if not claimed:
            return report
    return report


def _ready(now: datetime) -> Q:
    return Q(state__in=[OutboxState.PENDING, OutboxState.WAITING], next_try_at__lte=now) | Q(
        state=OutboxState.SENDING, claimed_until__lt=now
    )


def _due(count: int, only: Sequence[str] | None, apart_from: Sequence[str]) -> list[int]:
    """The first unsettled message of each lane that is due; one of every platform before a second of any."""
    earlier = OutboxMessage.objects.filter(lane=OuterRef("lane"), sequence__lt=OuterRef("sequence")).exclude(
        state__in=SETTLED
    )
    messages = OutboxMessage.objects.filter(_ready(clock.now()), ~Exists(earlier))
    if only is not None:
        messages = messages.filter(connector__in=only)
    if apart_from:
        messages = messages.exclude(connector__in=apart_from)
    turn = Window(RowNumber(), partition_by="connector", order_by="id")
    return list(messages.annotate(turn=turn).order_by("turn", "id").values_list("pk", flat=True)[:count])


def _claim(pk: int) -> OutboxMessage | None:
    """Take one message, unless another worker was faster. A killed worker's claim runs out by itself."""
    with transaction.atomic():
        now = clock.now()
        due = OutboxMessage.objects.select_for_update(skip_locked=True).filter(_ready(now), pk=pk)
        message = due.first()
        if message is None:
            return None
        message.state = OutboxState.SENDING
        message.claim = uuid.uuid4().hex
        message.claimed_until = now + schedule.current().lease
        message.tries += 1
        message.save(update_fields=["state", "claim", "claimed_until", "tries"])
        return message


def _call(message: OutboxMessage) -> Try:
    """Make the call. A fault of our own counts as unreachable: tried again, then shown to a person."""
    started_at, started = clock.now(), time.monotonic()
    result: Delivery | Undelivered
    connector = connectors.get(message.connector)
    try:
        if connector is None:
            raise Unreachable(f"未配置平台接口：{message.connector}")
        result = connector.deliver(message)
    except Undelivered as error:
        result = error
    except Exception as error:
        log.exception("connector %s failed on message %s", message.connector, message.pk)
        result = Unreachable(f"接口程序出错：{type(error).__name__}")
    return Try(started_at, int((time.monotonic() - started) * 1000), result)


def _settle(message: OutboxMessage, done: Try) -> str:
    """Record the outcome; a callback that fails takes its record back with it and the message waits."""
    try:
        return _record(message, done)
    except Exception as error:
        log.exception("callback for message %s failed", message.pk)
        reason = f"回执处理失败：{type(error).__name__}: {error}"[:500]
        failure = Unreachable(reason, done.result.exchanged)
        return _record(message, Try(done.started_at, done.milliseconds, failure), Outcome.UNRECORDED)


@transaction.atomic
def _record(message: OutboxMessage, done: Try, outcome: Outcome | None = None) -> str:
    rows = OutboxMessage.objects.select_for_update(of=("self",)).select_related("lane")
    fresh = rows.get(pk=message.pk)
    if not isinstance(done.result, NotYet):
        _keep_attempt(fresh, message.tries, done, outcome or _outcome(done.result))
    if fresh.state in SETTLED:
        return fresh.state
    if isinstance(done.result, Delivery):
        _mark_done(fresh, done.result)
    elif fresh.claim == message.claim:
        _mark_undelivered(fresh, done.result)
    return fresh.state


def _outcome(result: Delivery | Undelivered) -> Outcome:
    if isinstance(result, Delivery):
        return Outcome.DELIVERED
    return Outcome.REJECTED if isinstance(result, Rejected) else Outcome.UNREACHABLE


def _keep_attempt(message: OutboxMessage, number: int, done: Try, outcome: Outcome) -> None:
    exchanged: Exchanged = done.result.exchanged
    DeliveryAttempt.objects.create(
        message=message,
        number=number,
        started_at=done.started_at,
        milliseconds=done.milliseconds,
        outcome=outcome,
        status=exchanged.status,
        request=exchanged.request,
        response=exchanged.response,
        error=done.result.reason if isinstance(done.result, Undelivered) else "",
    )


def _mark_done(message: OutboxMessage, delivery: Delivery) -> None:
    message.state, message.answer = OutboxState.DONE, delivery.answer
    message.done_at, message.last_error = clock.now(), ""
    message.save(update_fields=["state", "answer", "done_at", "last_error"])
    for callback in connectors.callbacks_delivered(message):
        callback(message, delivery.answer)
    if message.lane.last_sequence > message.sequence:
        wakeup.announce()


def _mark_undelivered(message: OutboxMessage, failure: Undelivered) -> None:
    now, rules = clock.now(), schedule.current()
    message.last_error = failure.reason
    if isinstance(failure, NotYet):
        message.state, message.next_try_at = OutboxState.WAITING, now + rules.gate
        message.tries -= 1
    else:
        wait = None if isinstance(failure, Rejected) else rules.wait_after(message.tries)
        message.state = OutboxState.WAITING if wait is not None else OutboxState.DEAD
        message.next_try_at = now if wait is None else now + wait
    message.save(update_fields=["state", "next_try_at", "last_error", "tries"])
    if message.state == OutboxState.DEAD:
        for callback in connectors.callbacks_dead(message):
            callback(message, {"reason": failure.reason})

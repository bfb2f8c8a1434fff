"""Writing down how calls ended: evidence, state and what the product does about it, in one transaction.

Results without consequences are recorded together; where a callback waits, each has a transaction of its own,
so that two of them never hold the rows of two cases.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.crypto import numbers
from minfang.kernel.crypto.local import Tampered
from minfang.kernel.crypto.rowmac import row_mac, row_mac_holds
from minfang.kernel.exchange import breaker, bulk, connectors, schedule, wakeup
from minfang.kernel.exchange.breaker import Signal
from minfang.kernel.exchange.connectors import Delivery, NotYet, Rejected, Undelivered, Unreachable
from minfang.kernel.exchange.models import SETTLED, DeliveryAttempt, OutboxMessage, OutboxState, Outcome

log = logging.getLogger(__name__)
PURPOSE = "exchange.attempt"


@dataclass(frozen=True)
class Try:
    """One finished call with its outcome and duration."""

    started_at: datetime
    milliseconds: int
    result: Delivery | Undelivered


@dataclass(frozen=True)
class Finished:
    """A claimed message and how its call ended."""

    message: OutboxMessage
    done: Try
    outcome: Outcome | None = None


def record(results: Sequence[Finished]) -> list[str]:
    """Record results in their order; the states their messages are in now.

    A callback that fails takes its record back with it and the message waits.
    """
    states: dict[int, str] = {}
    plain = [finished for finished in results if not _has_consequences(finished)]
    for group in _each_once(plain):
        states.update(_record(group))
    for finished in results:
        if _has_consequences(finished):
            states[id(finished)] = _settle(finished)
    _tell_platforms(results)
    return [states[id(finished)] for finished in results]


def _each_once(results: Sequence[Finished]) -> list[list[Finished]]:
    """Groups in which no message occurs twice."""
    groups: list[list[Finished]] = []
    for finished in results:
        for group in groups:
            if all(other.message.pk != finished.message.pk for other in group):
                group.append(finished)
                break
        else:
            groups.append([finished])
    return groups


def _has_consequences(finished: Finished) -> bool:
    if isinstance(finished.done.result, Delivery):
        return bool(connectors.callbacks_delivered(finished.message))
    return bool(connectors.callbacks_dead(finished.message))


def _settle(finished: Finished) -> str:
    try:
        return _record([finished])[id(finished)]
    except Exception as error:
        log.exception("callback for message %s failed", finished.message.pk)
        reason = f"回执处理失败：{type(error).__name__}: {error}"[:500]
        done = finished.done
        failed = Try(done.started_at, done.milliseconds, Unreachable(reason, done.result.exchanged))
        again = Finished(finished.message, failed, Outcome.UNRECORDED)
        return _record([again])[id(again)]


@transaction.atomic
def _record(results: Sequence[Finished]) -> dict[int, str]:
    keys = [finished.message.pk for finished in results]
    locked = OutboxMessage.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    found = {pk: (state, claim) for pk, state, claim in locked.values_list("pk", "state", "claim")}
    rows = _whole_rows(results)
    _keep_attempts([finished for finished in results if not isinstance(finished.done.result, NotYet)])
    done, states = [], {}
    for finished in results:
        pk = finished.message.pk
        state, claim = found[pk]
        if state not in SETTLED:
            if isinstance(finished.done.result, Delivery):
                done.append((pk, finished.done.result))
                state = OutboxState.DONE
            elif claim == finished.message.claim:
                _mark_undelivered(rows[pk], finished)
                state = rows[pk].state
        states[id(finished)] = state
    _mark_done(done, rows)
    return states


def _whole_rows(results: Sequence[Finished]) -> dict[int, OutboxMessage]:
    """The locked messages of which more is needed than their state: those that failed or have callbacks."""
    needed = [
        finished.message.pk
        for finished in results
        if _has_consequences(finished) or not isinstance(finished.done.result, Delivery)
    ]
    return OutboxMessage.objects.defer("payload", "answer").in_bulk(needed) if needed else {}


def _outcome(result: Delivery | Undelivered) -> Outcome:
    if isinstance(result, Delivery):
        return Outcome.DELIVERED
    return Outcome.REJECTED if isinstance(result, Rejected) else Outcome.UNREACHABLE


def _keep_attempts(results: Sequence[Finished]) -> None:
    if not results:
        return
    attempts = []
    for pk, finished in zip(numbers.draw(DeliveryAttempt, len(results)), results, strict=True):
        done, exchanged = finished.done, finished.done.result.exchanged
        attempt = DeliveryAttempt(
            pk=pk,
            message_id=finished.message.pk,
            number=finished.message.tries,
            started_at=done.started_at,
            milliseconds=done.milliseconds,
            outcome=finished.outcome or _outcome(done.result),
            status=exchanged.status,
            request=exchanged.request,
            response=exchanged.response,
            error=done.result.reason if isinstance(done.result, Undelivered) else "",
        )
        attempt.mac = row_mac(PURPOSE, _said(attempt, finished.message.payload_digest))
        attempts.append(attempt)
    bulk.keep_attempts(attempts)


def _said(attempt: DeliveryAttempt, payload_digest: str) -> list[Any]:
    """What the MAC of a try covers: all it says, and the content it was about."""
    return [
        attempt.pk,
        attempt.message_id,
        payload_digest,
        attempt.number,
        attempt.started_at,
        attempt.milliseconds,
        str(attempt.outcome),
        attempt.status,
        attempt.error,
        attempt.request,
        attempt.response,
    ]


def holds(attempt: DeliveryAttempt) -> bool | None:
    """Whether a try still says what was written; ``None`` for tries older than this protection."""
    if attempt.mac == "-":
        return None
    return row_mac_holds(PURPOSE, _said(attempt, attempt.message.payload_digest), attempt.mac)


def altered() -> Iterator[DeliveryAttempt]:
    """Tries that no longer say what was written down when they were made, or cannot be opened any more."""
    for attempt in DeliveryAttempt.objects.select_related("message").iterator(chunk_size=500):
        try:
            intact = holds(attempt)
        except Tampered:
            intact = False
        if intact is False:
            yield attempt


def _mark_done(done: Sequence[tuple[int, Delivery]], rows: Mapping[int, OutboxMessage]) -> None:
    """Who records goes on by itself with what follows; only those of other connectors are told."""
    if not done:
        return
    now = clock.now()
    following = bulk.mark_done([(pk, delivery.answer) for pk, delivery in done], now)
    for pk, delivery in done:
        row = rows.get(pk)
        if row is not None:
            row.state, row.answer, row.done_at, row.last_error = OutboxState.DONE, delivery.answer, now, ""
            for callback in connectors.callbacks_delivered(row):
                callback(row, delivery.answer)
    for lane in {connectors.lane_of(later) for own, later in following if own != later}:
        wakeup.announce(lane)


def _mark_undelivered(message: OutboxMessage, finished: Finished) -> None:
    now, rules, failure = clock.now(), schedule.current(), finished.done.result
    assert isinstance(failure, Undelivered)
    message.last_error, message.asked_at = failure.reason, None
    if isinstance(failure, NotYet):
        message.state, message.next_try_at = OutboxState.WAITING, now + rules.gate
        message.tries -= 1
    elif _costs_nothing(failure, finished):
        message.state, message.next_try_at = OutboxState.WAITING, now
        message.tries -= 1
    else:
        wait = None if isinstance(failure, Rejected) else rules.wait_after(message.tries)
        message.state = OutboxState.WAITING if wait is not None else OutboxState.DEAD
        message.next_try_at = now if wait is None else now + wait
    message.save(update_fields=["state", "next_try_at", "last_error", "tries", "asked_at"])
    if message.state == OutboxState.DEAD:
        for callback in connectors.callbacks_dead(message):
            callback(message, {"reason": failure.reason})


def _costs_nothing(failure: Undelivered, finished: Finished) -> bool:
    """A platform that is known to be away: the message only served to find out whether it is back."""
    own_fault = finished.outcome is Outcome.UNRECORDED
    return isinstance(failure, Unreachable) and not own_fault and breaker.is_away(finished.message.connector)


def _tell_platforms(results: Sequence[Finished]) -> None:
    signals: dict[str, list[Signal]] = defaultdict(list)
    for finished in results:
        result, message = finished.done.result, finished.message
        if isinstance(result, NotYet) or finished.outcome is Outcome.UNRECORDED:
            continue
        error = result.reason if isinstance(result, Unreachable) else ""
        signals[message.connector].append(Signal(message.lane_id, error))
    for connector, said in signals.items():
        if breaker.note(connector, said):
            breaker.tell(connector)

"""Taking messages in hand: the first of each lane that is due, and some that follow it.

What is claimed belongs to one worker until its lease runs out. The first unsettled message of a lane stays
the first until it is settled, and settled it stays: what is read before the lock holds after it.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import Greatest, RowNumber

from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors, schedule, tuning
from minfang.kernel.exchange.models import SETTLED, BreakerState, OutboxMessage, OutboxState, Platform

Chain = list[OutboxMessage]


@dataclass(frozen=True)
class Share:
    """Which connectors a worker looks after: some, or all apart from some."""

    only: tuple[str, ...] | None = None
    apart_from: tuple[str, ...] = ()

    def of(self, rows: QuerySet[OutboxMessage]) -> QuerySet[OutboxMessage]:
        """The messages of this share."""
        if self.only is not None:
            return rows.filter(connector__in=self.only)
        return rows.exclude(connector__in=self.apart_from) if self.apart_from else rows


def ready(now: datetime) -> Q:
    """Messages that may be tried now, if they are the first of their lane."""
    return Q(state__in=[OutboxState.PENDING, OutboxState.WAITING], next_try_at__lte=now) | Q(
        state=OutboxState.SENDING, claimed_until__lt=now
    )


def claim(count: int, share: Share) -> list[Chain]:
    """Claim about ``count`` messages: for each lane the first that is due and what may follow it at once.

    Platforms take turns, messages a person waits for come first. Of a platform that is away nothing is
    claimed but one message when it is time to try.
    """
    with transaction.atomic():
        now = clock.now()
        away, probes = _platforms(now)
        heads = _locked_heads(count, share, away, probes, now)
        if not heads:
            return []
        chains = _with_followers(heads, count, probes)
        _mark([message for chain in chains for message in chain], now)
    return chains


def _platforms(now: datetime) -> tuple[list[str], set[str]]:
    """Connectors to be left alone, and those of which this worker may try one message.

    Only one worker wins the right to probe; should it die, the right is given anew after a lease.
    """
    away, probes = [], set()
    for platform in Platform.objects.exclude(state=BreakerState.CLOSED):
        due = platform.probe_at is not None and platform.probe_at <= now
        same = Platform.objects.filter(pk=platform.pk, probe_at=platform.probe_at)
        until = now + schedule.current().lease
        if due and same.update(state=BreakerState.PROBING, probe_at=until) == 1:
            probes.add(platform.connector)
        else:
            away.append(platform.connector)
    return away, probes


def _locked_heads(
    count: int, share: Share, away: list[str], probes: set[str], now: datetime
) -> list[OutboxMessage]:
    chosen = _heads(count, share, away, now)
    taken: set[str] = set()
    keys = []
    for pk, connector in chosen:
        if connector in probes and connector in taken:
            continue
        taken.add(connector)
        keys.append(pk)
    rows = OutboxMessage.objects.select_for_update(skip_locked=True).filter(ready(now), pk__in=keys)
    order = {pk: place for place, pk in enumerate(keys)}
    return sorted(rows, key=lambda message: order[message.pk])


def _heads(count: int, share: Share, away: list[str], now: datetime) -> list[tuple[int, str]]:
    """The first unsettled message of each lane that is due, those first a person waits for."""
    earlier = OutboxMessage.objects.filter(lane=OuterRef("lane"), sequence__lt=OuterRef("sequence")).exclude(
        state__in=SETTLED
    )
    rows = share.of(OutboxMessage.objects.filter(~Exists(earlier))).exclude(connector__in=away)
    if share.only is not None and len(share.only) == 1:
        return _of_one_platform(rows, count, now)
    turn = Window(RowNumber(), partition_by="connector", order_by=["asked_at", "id"])
    found = rows.filter(ready(now)).annotate(turn=turn).order_by("turn", "id")
    return list(found.values_list("pk", "connector")[:count])


def _of_one_platform(rows: QuerySet[OutboxMessage], count: int, now: datetime) -> list[tuple[int, str]]:
    """Asked state by state: each question is answered from an index in the order it is wanted in."""
    parts = (
        rows.filter(state=OutboxState.PENDING, asked_at__isnull=False, next_try_at__lte=now),
        rows.filter(state=OutboxState.SENDING, claimed_until__lt=now),
        rows.filter(state=OutboxState.WAITING, next_try_at__lte=now),
        rows.filter(state=OutboxState.PENDING, asked_at__isnull=True, next_try_at__lte=now),
    )
    found: list[tuple[int, str]] = []
    for part in parts:
        if len(found) < count:
            found += part.order_by("id").values_list("pk", "connector")[: count - len(found)]
    return found


def _with_followers(heads: list[OutboxMessage], count: int, probes: set[str]) -> list[Chain]:
    """Each head with the messages of the same lane and platform that may go right after it."""
    chains = {head.lane_id: [head] for head in heads}
    room = min(tuning.current().in_a_row, max(1, count // len(heads))) - 1
    leading = [head for head in heads if head.connector not in probes and _may_be_followed(head)]
    if room < 1 or not leading:
        return list(chains.values())
    places = Q()
    for head in leading:
        after = range(head.sequence + 1, head.sequence + 1 + room)
        places |= Q(lane_id=head.lane_id, sequence__in=after)
    rows = OutboxMessage.objects.select_for_update(skip_locked=True).filter(places, state=OutboxState.PENDING)
    for message in sorted(rows, key=lambda row: (row.lane_id, row.sequence)):
        chain = chains[message.lane_id]
        last = chain[-1]
        if (
            message.sequence == last.sequence + 1
            and message.connector == last.connector
            and _may_be_followed(last)
        ):
            chain.append(message)
    return list(chains.values())


def _may_be_followed(message: OutboxMessage) -> bool:
    """Not where the product acts on the answer: what comes after may depend on it."""
    return not connectors.callbacks_delivered(message)


def _mark(messages: Sequence[OutboxMessage], now: datetime) -> None:
    token, until = uuid.uuid4().hex, now + schedule.current().lease
    for message in messages:
        message.state, message.claim, message.claimed_until = OutboxState.SENDING, token, until
        message.tries += 1
    OutboxMessage.objects.filter(pk__in=[message.pk for message in messages]).update(
        state=OutboxState.SENDING, claim=token, claimed_until=until, tries=F("tries") + 1
    )


def release(messages: Iterable[OutboxMessage]) -> None:
    """Give claimed messages back that were not sent; it costs them no try."""
    by_claim: dict[str, list[int]] = defaultdict(list)
    for message in messages:
        by_claim[message.claim].append(message.pk)
    for token, keys in by_claim.items():
        mine = OutboxMessage.objects.filter(pk__in=keys, claim=token, state=OutboxState.SENDING)
        mine.update(state=OutboxState.PENDING, tries=Greatest(F("tries") - 1, 0))


def in_time(message: OutboxMessage, call_seconds: float) -> bool:
    """Whether a call begun now ends within the lease, so that nobody else begins the same."""
    until = message.claimed_until
    return until is not None and (until - clock.now()).total_seconds() > call_seconds

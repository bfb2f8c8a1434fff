"""How the exchange stands: what waits, for how long, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, Q, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.models import (
    SETTLED,
    BreakerState,
    InboxMessage,
    OutboxMessage,
    OutboxState,
    Platform,
)


@dataclass
class PlatformStatus:
    """One platform on the monitoring page; ``oldest_seconds`` is the age of its oldest unsettled message.

    ``rate`` counts the messages delivered within the last hour.
    """

    connector: str
    name: str
    counts: dict[str, int] = field(default_factory=dict)
    oldest_seconds: int | None = None
    last_done_at: datetime | None = None
    last_error: str = ""
    rate: int = 0
    breaker: str = BreakerState.CLOSED
    probe_at: datetime | None = None

    @property
    def unsettled(self) -> int:
        """Messages that have neither arrived nor been cancelled."""
        return sum(count for state, count in self.counts.items() if state not in SETTLED)

    @property
    def breaker_label(self) -> str:
        """The state of the breaker in words."""
        return str(BreakerState(self.breaker).label)


def status(rows: QuerySet[OutboxMessage] | None = None) -> list[PlatformStatus]:
    """Every platform with its counts by state, the age of its oldest unsettled message and its last error.

    ``rows`` restricts it to some messages, those of a person's offices.
    """
    messages = OutboxMessage.objects.all() if rows is None else rows
    platforms = {code: PlatformStatus(code, connectors.name_of(code)) for code in connectors.codes()}
    now = clock.now()
    found = (
        messages.order_by()
        .values("connector", "state")
        .annotate(
            n=Count("id"),
            oldest=Min("created_at"),
            done=Max("done_at"),
            lately=Count("id", filter=Q(done_at__gte=now - timedelta(hours=1))),
        )
    )
    for row in found:
        code = row["connector"]
        platform = platforms.setdefault(code, PlatformStatus(code, connectors.name_of(code)))
        platform.counts[row["state"]] = row["n"]
        if row["state"] == OutboxState.DONE:
            platform.last_done_at, platform.rate = row["done"], row["lately"]
        elif row["state"] not in SETTLED:
            age = int((now - row["oldest"]).total_seconds())
            platform.oldest_seconds = max(platform.oldest_seconds or 0, age)
    for platform in platforms.values():
        if platform.unsettled:
            platform.last_error = _last_error(messages, platform.connector)
    _add_breakers(platforms)
    return list(platforms.values())


def _add_breakers(platforms: dict[str, PlatformStatus]) -> None:
    for known in Platform.objects.filter(connector__in=platforms):
        platform = platforms[known.connector]
        platform.breaker, platform.probe_at = known.state, known.probe_at
        if known.state != BreakerState.CLOSED:
            platform.last_error = known.last_error


def _last_error(messages: QuerySet[OutboxMessage], connector: str) -> str:
    failed = messages.filter(connector=connector).exclude(state__in=SETTLED)
    return failed.exclude(last_error="").order_by("-id").values_list("last_error", flat=True).first() or ""


def contradictions() -> QuerySet[InboxMessage]:
    """Incoming messages that were later said differently, the unsettled first."""
    return InboxMessage.objects.filter(contradicted=True).order_by(
        F("settled_at").asc(nulls_first=True), "-id"
    )


def answer_of(connector: str, subject: str) -> dict[str, Any] | None:
    """What a platform last answered about this subject, e.g. the case number it issued; ``None`` before."""
    done = OutboxMessage.objects.filter(connector=connector, subject=subject, state=OutboxState.DONE)
    message = done.order_by("-sequence").first()
    return None if message is None else message.answer


def answers_of(connector: str, subjects: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What a platform last answered about each of several subjects; those it has not answered are absent."""
    done = OutboxMessage.objects.filter(
        connector=connector, subject__in=list(subjects), state=OutboxState.DONE
    )
    rows = done.order_by("sequence").only("subject", "answer")
    return {message.subject: message.answer for message in rows}


def of_subject(subject: str) -> QuerySet[OutboxMessage]:
    """All messages about one business object in the order written."""
    return OutboxMessage.objects.filter(subject=subject).order_by("id")


def needing_a_person(codes: Iterable[str] = ()) -> QuerySet[OutboxMessage]:
    """The dead-letter list, oldest first; of some platforms, or of all."""
    dead = OutboxMessage.objects.filter(state=OutboxState.DEAD)
    chosen = list(codes)
    return (dead.filter(connector__in=chosen) if chosen else dead).order_by("id")


def next_retry_at(only: Sequence[str] | None = None, apart_from: Sequence[str] = ()) -> datetime | None:
    """When the next waiting message of some connectors (or of all but some) is tried again."""
    waiting = OutboxMessage.objects.filter(state=OutboxState.WAITING).exclude(connector__in=apart_from)
    if only is not None:
        waiting = waiting.filter(connector__in=only)
    due: datetime | None = waiting.aggregate(first=Min("next_try_at"))["first"]
    return due

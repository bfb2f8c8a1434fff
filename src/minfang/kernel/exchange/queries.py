"""How the exchange stands: what waits, for how long, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.models import SETTLED, OutboxMessage, OutboxState


@dataclass
class PlatformStatus:
    """One platform on the monitoring page; ``oldest_seconds`` is the age of its oldest unsettled message."""

    connector: str
    name: str
    counts: dict[str, int] = field(default_factory=dict)
    oldest_seconds: int | None = None
    last_done_at: datetime | None = None
    last_error: str = ""

    @property
    def unsettled(self) -> int:
        """Messages that have neither arrived nor been cancelled."""
        return sum(count for state, count in self.counts.items() if state not in SETTLED)


def status() -> list[PlatformStatus]:
    """Every platform with its counts by state, the age of its oldest unsettled message and its last error."""
    platforms = {code: PlatformStatus(code, connectors.name_of(code)) for code in connectors.codes()}
    rows = (
        OutboxMessage.objects.order_by()
        .values("connector", "state")
        .annotate(n=Count("id"), oldest=Min("created_at"), done=Max("done_at"))
    )
    now = clock.now()
    for row in rows:
        code = row["connector"]
        platform = platforms.setdefault(code, PlatformStatus(code, connectors.name_of(code)))
        platform.counts[row["state"]] = row["n"]
        if row["state"] == OutboxState.DONE:
            platform.last_done_at = row["done"]
        elif row["state"] not in SETTLED:
            age = int((now - row["oldest"]).total_seconds())
            platform.oldest_seconds = max(platform.oldest_seconds or 0, age)
    for platform in platforms.values():
        if platform.unsettled:
            platform.last_error = _last_error(platform.connector)
    return list(platforms.values())


def _last_error(connector: str) -> str:
    failed = OutboxMessage.objects.filter(connector=connector).exclude(state__in=SETTLED)
    return failed.exclude(last_error="").order_by("-id").values_list("last_error", flat=True).first() or ""


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

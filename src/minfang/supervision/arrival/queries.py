"""How the sources stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from minfang.kernel.base import clock
from minfang.supervision.arrival.definitions import load
from minfang.supervision.arrival.models import DeadLetter, SourceState
from minfang.supervision.telemetry.models import Conflict, Quarantined, Unrolled

SILENT = timedelta(minutes=2)
STUCK = timedelta(seconds=load("arrival")["timer"]["stuck_seconds"])
LIVE = "jetstream"


@dataclass(frozen=True)
class Standing:
    """What a person has to know about what arrives; ``missing`` came in and is nowhere to be found."""

    sources: list[SourceState]
    readings: int
    stored: int
    duplicates: int
    late: int
    missing: int
    waiting: int
    quarantined_today: int
    conflicts_today: int
    dead: int
    dead_today: int
    unrolled: int
    oldest_waiting: datetime | None


def standing() -> Standing:
    """The present state, in a few queries."""
    sources = list(SourceState.objects.all())
    day = clock.now() - timedelta(days=1)
    total = {
        name: sum(getattr(source, name) for source in sources)
        for name in ("readings", "stored", "duplicates", "late", "pending", "unacked")
    }
    return Standing(
        sources,
        total["readings"],
        total["stored"],
        total["duplicates"],
        total["late"],
        sum(lost(source) for source in sources),
        total["pending"] + total["unacked"],
        Quarantined.objects.filter(received_at__gte=day).count(),
        Conflict.objects.filter(received_at__gte=day).count(),
        DeadLetter.objects.aggregate(n=Sum("count"))["n"] or 0,
        DeadLetter.objects.filter(last_at__gte=day).count(),
        Unrolled.objects.count(),
        min((s.oldest_waiting_at for s in sources if s.oldest_waiting_at), default=None),
    )


def lost(source: SourceState) -> int:
    """Readings that came in and are neither stored nor known as doubles; 0 in a sound pipeline."""
    return source.readings - source.stored - source.duplicates - source.conflicts


def silent(sources: list[SourceState]) -> list[SourceState]:
    """Live sources nobody has looked after for two minutes."""
    limit = clock.now() - SILENT
    return [s for s in sources if s.kind == LIVE and (s.seen_at is None or s.seen_at < limit)]


def stuck(sources: list[SourceState]) -> list[SourceState]:
    """Live sources whose oldest message waits longer than timers wait for it, the longest first."""
    limit = clock.now() - STUCK
    waiting = [s for s in sources if s.kind == LIVE and s.oldest_waiting_at and s.oldest_waiting_at < limit]
    return sorted(waiting, key=lambda source: str(source.oldest_waiting_at))

"""What the ledger tells the room of rules: what became of alarms, and how often a rule was right."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Q

from minfang.kernel.base import clock
from minfang.supervision.alarms.models import FALSE, REAL, Alarm
from minfang.supervision.rules.backtest import Judged
from minfang.supervision.rules.pages import Figures
from minfang.supervision.rules.schedule import micros


def judged(series: list[int], start: datetime, end: datetime) -> Iterator[Judged]:
    """Alarms of these series open at some time in the span; ``real`` is None while nobody has judged."""
    rows = Alarm.objects.filter(series_id__in=series, opened_at__lt=end).filter(
        Q(closed_at__isnull=True) | Q(closed_at__gte=start)
    )
    for found in rows.values_list("series_id", "opened_at", "cleared_at", "closed_at", "verdict"):
        series_id, opened, cleared, closed, verdict = found
        real = True if verdict in REAL else False if verdict in FALSE else None
        yield Judged(int(series_id or 0), micros(opened), micros(cleared or closed or end), real)


def figures(rules: list[int], back: timedelta) -> dict[int, Figures]:
    """Alarms of each rule opened within ``back`` of now; how many were judged, how many of those false."""
    counted = (
        Alarm.objects.filter(rule_id__in=rules, opened_at__gte=clock.now() - back)
        .values("rule_id")
        .annotate(
            alarms=Count("id"),
            judged=Count("id", filter=Q(verdict__in=[*REAL, *FALSE])),
            false=Count("id", filter=Q(verdict__in=FALSE)),
        )
    )
    return {row["rule_id"]: Figures(row["alarms"], row["judged"], row["false"]) for row in counted}

"""Find entries of the trail by when, who, what, whereto, with what result, from where, and words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from minfang.kernel.audit import catalogue, estimates
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base.clock import SHANGHAI

WORDS = 5


@dataclass(frozen=True)
class Wanted:
    """What is looked for; empty parts do not narrow. Days are days in Shanghai, both included."""

    since: date | None = None
    until: date | None = None
    people: tuple[int, ...] = ()
    name: str = ""
    category: str = ""
    action: str = ""
    target: str = ""
    result: str = ""
    address: str = ""
    request_id: str = ""
    words: str = ""


@dataclass(frozen=True)
class Page:
    """One page, newest first. ``following`` is the number below which the next page begins, 0 at the end."""

    rows: Sequence[AuditEvent]
    following: int
    total: int
    exact: bool


def midnight(day: date) -> datetime:
    """The moment a day begins in Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def found(wanted: Wanted) -> QuerySet[AuditEvent]:
    """All entries that fit, in no order."""
    rows = AuditEvent.objects.order_by()
    if wanted.since:
        rows = rows.filter(at__gte=midnight(wanted.since))
    if wanted.until:
        rows = rows.filter(at__lt=midnight(wanted.until + timedelta(days=1)))
    if wanted.people:
        rows = rows.filter(actor_id__in=wanted.people)
    elif wanted.name:
        rows = rows.filter(actor_name=wanted.name)
    if wanted.target:
        rows = rows.filter(_target(wanted.target))
    return _narrow(rows, wanted)


def _narrow(rows: QuerySet[AuditEvent], wanted: Wanted) -> QuerySet[AuditEvent]:
    if wanted.action:
        rows = rows.filter(action=wanted.action)
    elif wanted.category:
        rows = rows.filter(action__in=catalogue.codes_of(wanted.category))
    if wanted.result:
        rows = rows.filter(result="OK") if wanted.result == "OK" else rows.exclude(result="OK")
    same: dict[str, Any] = {"address": wanted.address, "request_id": wanted.request_id}
    rows = rows.filter(**{name: value for name, value in same.items() if value})
    for word in wanted.words.split()[:WORDS]:
        rows = rows.filter(Q(summary__contains=word) | Q(reason__contains=word))
    return rows


def _target(text: str) -> Q:
    """A case number alone means the case; otherwise what the name begins with."""
    return Q(target__startswith=text if ":" in text else f"case:{text}")


def page(wanted: Wanted, *, before: int = 0, size: int = 50) -> Page:
    """One page of what fits. The total of a result of one page is exact, otherwise about right."""
    rows = found(wanted)
    shown = rows.filter(pk__lt=before) if before else rows
    taken = list(shown.order_by("-pk")[: size + 1])
    more = len(taken) > size
    if not before and not more:
        return Page(taken, 0, len(taken), exact=True)
    total, exact = estimates.about(rows)
    return Page(taken[:size], taken[size - 1].pk if more else 0, total, exact)

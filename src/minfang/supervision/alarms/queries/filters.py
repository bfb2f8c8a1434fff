"""Which alarms are asked for, and in which order."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.models import Alarm, AlarmState

SORTS = {
    "level": ("level", "-opened_at", "-id"),
    "-opened_at": ("-opened_at", "-id"),
    "opened_at": ("opened_at", "id"),
    "due": (F("handle_due").asc(nulls_last=True), "-id"),
    "count": ("-count", "-id"),
    "works": ("works__name", "level", "-opened_at", "-id"),
    "-closed_at": (F("closed_at").desc(nulls_last=True), "-id"),
}
LONGEST_TEXT = 40


@dataclass
class Wanted:
    """Filters of a list; every part may be empty. Several values of one part are separated by commas."""

    state: str = ""
    level: str = ""
    category: str = ""
    works: str = ""
    district: str = ""
    metric: str = ""
    device: str = ""
    tag: str = ""
    verdict: str = ""
    suppressed: str = ""
    since: str = ""
    until: str = ""
    overdue: bool = False
    mine: bool = False
    keyword: str = ""
    sort: str = ""

    def of(self, rows: QuerySet[Alarm], access: Access) -> QuerySet[Alarm]:
        """The wanted ones in the wanted order."""
        rows = self._by_state(rows)
        rows = self._by_place(rows)
        if levels := [int(part) for part in self.level.split(",") if part in ("1", "2", "3", "4")]:
            rows = rows.filter(level__in=levels)
        for name in ("category", "metric", "verdict"):
            if parts := _parts(getattr(self, name)):
                rows = rows.filter(**{f"{name}__in": parts})
        if tags := _parts(self.tag):
            rows = rows.filter(_tagged(tags))
        if self.suppressed:
            silent = Q(suppressed_by="")
            rows = rows.filter(silent if self.suppressed == "no" else ~silent)
        rows = self._by_time(rows)
        if self.overdue:
            rows = rows.exclude(overdue_kind="")
        if self.mine:
            me = access.person
            rows = rows.filter(Q(dispatched_to=me) | Q(confirmed_by=me) | Q(handled_by=me))
        if self.keyword.strip():
            rows = rows.filter(_words(self.keyword.strip()[:LONGEST_TEXT]))
        return rows.order_by(*SORTS.get(self.sort, SORTS["level" if self.state == "OPEN" else "-opened_at"]))

    def _by_state(self, rows: QuerySet[Alarm]) -> QuerySet[Alarm]:
        parts = _parts(self.state)
        if "OPEN" in parts:
            rows = rows.filter(closed_at__isnull=True)
        if "TIMEOUT" in parts:
            rows = rows.exclude(overdue_kind="")
        states = [part for part in parts if part in AlarmState.values and part != "TIMEOUT"]
        return rows.filter(state__in=states) if states else rows

    def _by_place(self, rows: QuerySet[Alarm]) -> QuerySet[Alarm]:
        if parts := _parts(self.works):
            rows = rows.filter(works__works_no__in=parts)
        if parts := _parts(self.district):
            rows = rows.filter(district_code__in=parts)
        return rows.filter(device__device_no=self.device) if self.device else rows

    def _by_time(self, rows: QuerySet[Alarm]) -> QuerySet[Alarm]:
        if (since := _day(self.since)) is not None:
            rows = rows.filter(opened_at__gte=since)
        if (until := _day(self.until)) is not None:
            rows = rows.filter(opened_at__lt=until + timedelta(days=1))
        return rows


def _parts(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def _tagged(tags: list[str]) -> Q:
    """With any of these tags; whole tags, found in the text of the list as databases of all kinds keep it."""
    found = Q()
    for tag in tags:
        found |= Q(tags__icontains=f'"{tag[:LONGEST_TEXT]}"')
    return found


def _words(word: str) -> Q:
    found = Q(number__icontains=word) | Q(title__icontains=word) | Q(message__icontains=word)
    found |= Q(works__name__icontains=word) | Q(device__device_no__icontains=word)
    return found | Q(device__name__icontains=word)


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text[:10]), time(), clock.SHANGHAI)
    except ValueError:
        return None

"""The desk: true counts of what is mine, the most urgent cases, the days ahead."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow.models import ItemState, WorkItem
from minfang.services import case_filters, case_rows, deadlines
from minfang.services.matters import definition_of
from minfang.services.models import CLOSED_STATUSES, Case
from minfang.services.schemas import Desk, DeskCounts, DueDay, MessageOut, OfficeCaseRow, UrgentCase

COLOURS = ("RED", "YELLOW", "GREEN", "GREY", "NONE")
DAYS_AHEAD = 5
WEEKDAYS = "一二三四五六日"


def desk(access: Access, messages: list[MessageOut]) -> Desk:
    """Everything on the desk in a fixed number of queries."""
    todo, calendar = case_filters.of_tab(access, "todo"), official_calendar()
    piles = _piles(access, calendar)
    urgent = case_filters.ordered(todo, "urgent")[:3]
    recent = (
        WorkItem.objects.filter(closed_by=access.person)
        .order_by("-closed_at")
        .values("instance__case__pk", "instance__case__project_name", "closed_at")[:3]
    )
    return Desk(
        greeting=_greeting(),
        now=clock.now(),
        counts=_counts(access, piles),
        messages=messages,
        urgent=[_urgent(row) for row in case_rows.rows_of(access, urgent)],
        due_days=_due_days(piles, calendar),
        recent=[
            {"id": r["instance__case__pk"], "title": r["instance__case__project_name"], "at": r["closed_at"]}
            for r in recent
        ],
    )


def _greeting() -> str:
    hour = clock.now().hour
    return "上午好" if 5 <= hour < 12 else "下午好" if 12 <= hour < 18 else "晚上好"


@dataclass(frozen=True)
class _Pile:
    """To-do cases that are alike: as many, in this light, due on this day, so many of them new today."""

    colour: str
    due_on: date | None
    count: int
    fresh: int


def _piles(access: Access, calendar: Calendar) -> list[_Pile]:
    """The to-do cases grouped by what their light depends on; the light itself is judged here, not in SQL."""
    today = clock.today()
    begin = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    alike = ("matter_version_id", "status", "is_paused", "due_on", "clock_days")
    fresh = Count("id", filter=Q(submitted_at__gte=begin, submitted_at__lt=begin + timedelta(days=1)))
    rows = case_filters.of_tab(access, "todo").order_by().values(*alike).annotate(n=Count("id"), fresh=fresh)
    piles = []
    for row in rows:
        count, new = row.pop("n"), row.pop("fresh")
        warn = definition_of(row["matter_version_id"]).warning
        light = deadlines.light_of(Case(**row), calendar, today, warn)
        due_on = None if row["is_paused"] else row["due_on"]
        piles.append(_Pile(light.colour, due_on, count, new))
    return piles


def _counts(access: Access, piles: list[_Pile]) -> DeskCounts:
    lights = {c: sum(pile.count for pile in piles if pile.colour == c) for c in COLOURS}
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    mine = WorkItem.objects.filter(closed_by=access.person, closed_at__gte=month, state=ItemState.DONE)
    on_time = mine.aggregate(
        all=Count("id"), late=Count("id", filter=Q(due_at__isnull=False, closed_at__gt=F("due_at")))
    )
    waiting = _waiting(access)
    return DeskCounts(
        todo=sum(pile.count for pile in piles),
        today_new=sum(pile.fresh for pile in piles),
        red=lights["RED"],
        yellow=lights["YELLOW"],
        green=lights["GREEN"],
        grey=lights["GREY"],
        none=lights["NONE"],
        done_this_month=on_time["all"],
        on_time_rate=1 - on_time["late"] / on_time["all"] if on_time["all"] else None,
        waiting=sum(row["count"] for row in waiting),
        waiting_detail=waiting,
        office_open=Case.objects.visible_to(access).exclude(status__in=CLOSED_STATUSES).count(),
    )


def _waiting(access: Access) -> list[dict[str, Any]]:
    """Cases I have worked on that now wait for somebody else, by status."""
    handled = WorkItem.objects.filter(closed_by=access.person).values("instance_id")
    mine = case_filters.of_tab(access, "todo").values("pk")
    rows = Case.objects.visible_to(access).filter(instance_id__in=handled).exclude(pk__in=mine)
    counted = rows.exclude(status__in=CLOSED_STATUSES).values("status").annotate(n=Count("id")).order_by("-n")
    labels = dict(Case._meta.get_field("status").choices or [])
    return [{"status": r["status"], "label": labels[r["status"]], "count": r["n"]} for r in counted]


def _due_days(piles: list[_Pile], calendar: Calendar) -> list[DueDay]:
    day = clock.today()
    days: list[date] = []
    while len(days) < DAYS_AHEAD:
        if calendar.is_workday(day):
            days.append(day)
        day += timedelta(days=1)
    return [
        DueDay(
            day=d,
            count=sum(pile.count for pile in piles if pile.due_on == d),
            label="今天" if d == clock.today() else f"周{WEEKDAYS[d.weekday()]} {d.day}",
        )
        for d in days
    ]


def _urgent(row: OfficeCaseRow) -> UrgentCase:
    handler = f"，{row.handler}经手" if row.handler else ""
    return UrgentCase(
        row=row, stuck=f"卡在{row.node_name}{handler}；申请人 {row.applicant_name}。", action="办理"
    )

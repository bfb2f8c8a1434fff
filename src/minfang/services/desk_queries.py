"""The desk: true counts of what is mine, the most urgent cases, the days ahead."""

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow.models import ItemState, WorkItem
from minfang.services import case_filters, case_rows
from minfang.services.models import CLOSED_STATUSES, Case
from minfang.services.schemas import Desk, DeskCounts, DueDay, MessageOut, OfficeCaseRow, UrgentCase

COLOURS = ("RED", "YELLOW", "GREEN", "GREY", "NONE")
DAYS_AHEAD = 5
WEEKDAYS = "一二三四五六日"


def desk(access: Access, messages: list[MessageOut]) -> Desk:
    """Everything on the desk in a fixed number of queries."""
    todo = case_filters.of_tab(access, "todo")
    urgent = case_filters.ordered(todo, "urgent")[:3]
    recent = (
        WorkItem.objects.filter(closed_by=access.person)
        .order_by("-closed_at")
        .values("instance__case__pk", "instance__case__project_name", "closed_at")[:3]
    )
    return Desk(
        greeting=_greeting(),
        now=clock.now(),
        counts=_counts(access),
        messages=messages,
        urgent=[_urgent(row) for row in case_rows.rows_of(access, urgent)],
        due_days=_due_days(access),
        recent=[
            {"id": r["instance__case__pk"], "title": r["instance__case__project_name"], "at": r["closed_at"]}
            for r in recent
        ],
    )


def _greeting() -> str:
    hour = clock.now().hour
    return "上午好" if 5 <= hour < 12 else "下午好" if 12 <= hour < 18 else "晚上好"


def _counts(access: Access) -> DeskCounts:
    calendar, today = official_calendar(), clock.today()
    lights = {c.lower(): Count("id", filter=case_filters.light_filter(c, calendar, today)) for c in COLOURS}
    fresh = Count("id", filter=Q(submitted_at__date=today))
    todo = case_filters.of_tab(access, "todo").aggregate(total=Count("id"), fresh=fresh, **lights)
    month = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    mine = WorkItem.objects.filter(closed_by=access.person, closed_at__gte=month, state=ItemState.DONE)
    on_time = mine.aggregate(
        all=Count("id"), late=Count("id", filter=Q(due_at__isnull=False, closed_at__gt=F("due_at")))
    )
    waiting = _waiting(access)
    return DeskCounts(
        todo=todo["total"],
        today_new=todo["fresh"],
        red=todo["red"],
        yellow=todo["yellow"],
        green=todo["green"],
        grey=todo["grey"],
        none=todo["none"],
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


def _due_days(access: Access) -> list[DueDay]:
    calendar, day = official_calendar(), clock.today()
    days: list[date] = []
    while len(days) < DAYS_AHEAD:
        if calendar.is_workday(day):
            days.append(day)
        day += timedelta(days=1)
    todo = case_filters.of_tab(access, "todo").filter(due_on__in=days, is_paused=False)
    counts = dict(todo.values_list("due_on").annotate(n=Count("id")).order_by())
    return [
        DueDay(
            day=d,
            count=counts.get(d, 0),
            label="今天" if d == clock.today() else f"周{WEEKDAYS[d.weekday()]} {d.day}",
        )
        for d in days
    ]


def _urgent(row: OfficeCaseRow) -> UrgentCase:
    handler = f"，{row.handler}经手" if row.handler else ""
    return UrgentCase(
        row=row, stuck=f"卡在{row.node_name}{handler}；申请人 {row.applicant_name}。", action="办理"
    )

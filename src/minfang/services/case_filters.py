"""Which cases a list shows, and in which order; every filter is a piece of SQL."""

from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.datasets import queries as datasets
from minfang.kernel.iam.access import Access
from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow import queries as flow
from minfang.kernel.workflow.models import WorkItem
from minfang.services.models import CLOSED_STATUSES, Case, CaseStatus
from minfang.services.warning_rules import Warn, light_thresholds, matters_with_own_lights

CLOCK_LIMITS = range(1, 61)
UNLIT = [*CLOSED_STATUSES, CaseStatus.DRAFT]

SORTS: dict[str, list[Any]] = {
    "urgent": ["is_paused", F("due_on").asc(nulls_last=True), "id"],
    "due": [F("due_on").asc(nulls_last=True), "id"],
    "-due": [F("due_on").desc(nulls_last=True), "-id"],
    "submitted": ["submitted_at", "id"],
    "-submitted": ["-submitted_at", "-id"],
    "project": ["project_name", "id"],
    "-project": ["-project_name", "-id"],
    "number": ["internal_no"],
    "-number": ["-internal_no"],
}


def running() -> Q:
    """Cases whose clock is on, paused or not."""
    return ~Q(status__in=UNLIT) & Q(due_on__isnull=False)


def _close(matters: Q, ratio: float, days: int, calendar: Calendar, today: date) -> Q:
    """Cases of some matters whose days left have come down to the yellow threshold of their clock."""
    by_threshold: dict[int, list[int]] = {}
    for limit in CLOCK_LIMITS:
        by_threshold.setdefault(Warn(ratio, days).threshold(limit), []).append(limit)
    close = Q()
    for left, limits in by_threshold.items():
        close |= Q(clock_days__in=limits, due_on__lte=calendar.add(today, left))
    return matters & close


def light_filter(colour: str, calendar: Calendar, today: date) -> Q:
    """The same judgement as the light shown, as SQL."""
    red = running() & Q(is_paused=False, due_on__lt=today)
    if colour == "RED":
        return red
    if colour == "GREY":
        return ~Q(status__in=UNLIT) & Q(is_paused=True)
    own = matters_with_own_lights()
    close = _close(~Q(matter__code__in=own), *light_thresholds(""), calendar, today)
    for code in own:
        close |= _close(Q(matter__code=code), *light_thresholds(code), calendar, today)
    yellow = running() & Q(is_paused=False, due_on__gte=today) & close
    if colour == "YELLOW":
        return yellow
    if colour == "GREEN":
        return running() & Q(is_paused=False, due_on__gte=today) & ~close
    return Q(status__in=UNLIT) | Q(due_on__isnull=True, is_paused=False)


def of_tab(access: Access, tab: str) -> QuerySet[Case]:
    """My to-do, what I worked on and now waits for others, what I finished, or all cases of my offices."""
    cases = Case.objects.visible_to(access)
    if tab == "todo":
        return cases.filter(instance_id__in=flow.items_for(access).values("instance_id"))
    if tab == "done":
        mine = WorkItem.objects.filter(closed_by=access.person).values("instance_id")
        return cases.filter(instance_id__in=mine)
    if tab == "waiting":
        todo = of_tab(access, "todo").values("pk")
        return of_tab(access, "done").exclude(pk__in=todo).exclude(status__in=CLOSED_STATUSES)
    return cases


def filtered(access: Access, wanted: dict[str, Any]) -> QuerySet[Case]:
    """The cases of a tab narrowed by keyword, matter, district, status, step, light, due day and figure."""
    cases = of_tab(access, str(wanted.get("tab") or "todo"))
    if keyword := str(wanted.get("keyword") or "").strip()[:50]:
        cases = cases.filter(
            Q(project_name__icontains=keyword)
            | Q(internal_no__icontains=keyword)
            | Q(apply_no__startswith=keyword)
            | Q(applicant_name__icontains=keyword)
        )
    for name, column in (("matter", "matter__code"), ("status", "status"), ("district", "district_code")):
        if wanted.get(name):
            cases = cases.filter(**{column: wanted[name]})
    if wanted.get("node"):
        open_there = WorkItem.objects.filter(node=wanted["node"], state="OPEN").values("instance_id")
        cases = cases.filter(instance_id__in=open_there)
    if wanted.get("due_from"):
        cases = cases.filter(due_on__gte=wanted["due_from"])
    if wanted.get("due_to"):
        cases = cases.filter(due_on__lte=wanted["due_to"])
    if figure := str(wanted.get("stat") or ""):
        cases = cases.filter(pk__in=datasets.behind(access, "cases", figure).values("pk"))
    if wanted.get("light"):
        cases = cases.filter(light_filter(str(wanted["light"]), official_calendar(), clock.today()))
    return cases


def figure_words(wanted: dict[str, Any]) -> list[str]:
    """The figure whose rows are listed, in words; nothing when the list was not reached from one."""
    figure = str(wanted.get("stat") or "")
    return datasets.words("cases", figure) if figure else []


def ordered(cases: QuerySet[Case], sort: str) -> QuerySet[Case]:
    """By urgency unless another known order is asked for."""
    return cases.order_by(*SORTS.get(sort, SORTS["urgent"]))

"""The clocks of a case: time to accept, promised time, legal time; lights as officers read them."""

from collections.abc import Iterable
from datetime import date

from minfang.kernel.base import clock
from minfang.kernel.workdays.calendar import Calendar, add_natural
from minfang.kernel.workdays.deadlines import Deadline, Pause
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow.models import Suspension
from minfang.services.matters import Limit, definition_of
from minfang.services.models import CLOSED_STATUSES, Case, CaseStatus
from minfang.services.schemas import Light

ACCEPT_LIMIT = Limit(5, "working")
"""Time to accept or to tell all supplements at once: 行政许可法 第三十二条 (five working days)."""


def due_of(start: date, limit: Limit, calendar: Calendar, pauses: Iterable[Pause] = ()) -> date:
    """The last day of a limit that starts the day after ``start``."""
    return Deadline(start, limit.days, limit.unit, tuple(pauses)).due(calendar)


def pauses_of(case: Case) -> tuple[Pause, ...]:
    """The suspensions of a case as days."""
    if case.instance_id is None:
        return ()
    rows = Suspension.objects.filter(instance_id=case.instance_id).order_by("started_at")
    return tuple(
        (clock.day_of(row.started_at), clock.day_of(row.ended_at) if row.ended_at else None) for row in rows
    )


def pauses_of_many(instance_ids: Iterable[int | None]) -> dict[int | None, tuple[Pause, ...]]:
    """The suspensions of many instances, in one query."""
    found: dict[int | None, tuple[Pause, ...]] = {}
    wanted = [pk for pk in instance_ids if pk is not None]
    for row in Suspension.objects.filter(instance_id__in=wanted).order_by("started_at"):
        ended = clock.day_of(row.ended_at) if row.ended_at else None
        pause = (clock.day_of(row.started_at), ended)
        found[row.instance_id] = (*found.get(row.instance_id, ()), pause)
    return found


def start_acceptance_clock(case: Case, limit: Limit = ACCEPT_LIMIT) -> None:
    """The office has received (or received again) the application: its time to accept begins."""
    case.clock_days = limit.days
    case.due_on = due_of(clock.today(), limit, official_calendar())


def start_promise_clock(case: Case) -> None:
    """The application is accepted: the promised and the legal time begin tomorrow."""
    definition = definition_of(case.matter_version_id)
    calendar, today = official_calendar(), clock.today()
    promise = definition.limit("promise")
    case.promise_due = case.due_on = due_of(today, promise, calendar)
    case.legal_due = due_of(today, definition.limit("legal"), calendar)
    case.clock_days = promise.days


def follow_suspensions(case: Case) -> None:
    """Move the due days of an accepted case by what its clock stood still."""
    if case.accepted_at is None:
        start_acceptance_clock(case)
        return
    case.promise_due, case.legal_due = due_days(case, official_calendar())
    case.due_on = case.promise_due


def due_days(case: Case, calendar: Calendar, known: tuple[Pause, ...] | None = None) -> tuple[date, date]:
    """Promised and legal due day of an accepted case, by this calendar and its suspensions."""
    assert case.accepted_at is not None
    definition = definition_of(case.matter_version_id)
    start = clock.day_of(case.accepted_at)
    pauses = pauses_of(case) if known is None else known
    promise, legal = definition.limit("promise"), definition.limit("legal")
    return due_of(start, promise, calendar, pauses), due_of(start, legal, calendar, pauses)


def supplement_due(case: Case) -> date:
    """The day by which the applicant has to complete the application."""
    limit = definition_of(case.matter_version_id).limit("supplement_applicant")
    calendar, today = official_calendar(), clock.today()
    return calendar.add(today, limit.days) if limit.unit == "working" else add_natural(today, limit.days)


def light_of(case: Case, calendar: Calendar, today: date, warn: tuple[float, int]) -> Light:
    """The light of a case as the desk shows it; costs no query."""
    if case.status in CLOSED_STATUSES or case.status == CaseStatus.DRAFT:
        return Light(colour="NONE", text=CaseStatus(case.status).label)
    if case.is_paused:
        reason = "特别程序" if case.status == CaseStatus.SPECIAL else "待补正"
        return Light(colour="GREY", text=f"停钟 · {reason}")
    if case.due_on is None:
        return Light(colour="NONE", text=CaseStatus(case.status).label)
    left = days_left(case.due_on, calendar, today)
    prefix = "" if case.accepted_at else "受理 "
    if left < 0:
        return Light(colour="RED", text=f"{prefix}超 {-left} 天", remaining=left)
    used = case.clock_days - left
    ratio, days = warn
    close = left <= days or (case.clock_days > 0 and used / case.clock_days >= ratio)
    text = f"{prefix}今日到期" if left == 0 else f"{prefix}剩 {left} 天"
    return Light(colour="YELLOW" if close else "GREEN", text=text, remaining=left)


def days_left(due: date, calendar: Calendar, today: date) -> int:
    """Working days until ``due``; negative when it is past."""
    if due >= today:
        return calendar.between(today, due)
    return -max(calendar.between(due, today), 1)

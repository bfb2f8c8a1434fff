"""Bring in a year's official calendar and move the due days that depend on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid
from minfang.kernel.iam.models import Person
from minfang.kernel.workdays import actions as workdays
from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.models import WorkCalendarDay
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workdays.sources import Year, from_notice
from minfang.services import case_seals, deadlines
from minfang.services.models import CLOSED_STATUSES, Case, CaseStatus

CHUNK = 1000
NEEDED = (
    *("internal_no", "project_name", "promise_due", "legal_due"),
    *("accepted_at", "instance_id", "matter_version_id"),
)


@dataclass(frozen=True)
class Moved:
    """A running case whose due days change with the calendar."""

    case_id: int
    number: str
    project: str
    before: date | None
    after: date | None
    legal: date | None


def year_of_notice(year: int, holidays: dict[date, str], worked: set[date], source: str) -> Year:
    """The year as the notice says; refuses days of another year, weekend work on weekdays, no source."""
    faults = []
    if not 2020 <= year <= clock.today().year + 2:
        faults.append(FieldError("year", "年份", "请填 2020 年至后年之间的年份。"))
    if any(day.year != year for day in [*holidays, *worked]):
        faults.append(FieldError("holidays", "放假日期", f"只能填写 {year} 年的日期。"))
    if wrong := [day for day in worked if day.weekday() < 5]:
        faults.append(FieldError("worked", "调休上班", f"{min(wrong).isoformat()} 不是周六、周日。"))
    if both := set(holidays) & worked:
        faults.append(FieldError("worked", "调休上班", f"{min(both).isoformat()} 同时列为放假和上班。"))
    if not holidays:
        faults.append(FieldError("holidays", "放假日期", "请至少填写一个放假日期。"))
    if not source.strip():
        faults.append(FieldError("source", "依据", "请填写通知的名称和文号。"))
    if faults:
        raise invalid(faults)
    return from_notice(year, holidays, worked, source.strip())


def moved_by(calendar: Calendar) -> Iterator[Moved]:
    """The running cases whose due days would differ under this calendar."""
    running = (
        Case.objects.exclude(status__in=[*CLOSED_STATUSES, CaseStatus.DRAFT])
        .filter(accepted_at__isnull=False, due_on__isnull=False)
        .only(*NEEDED)
        .order_by("pk")
    )
    known: dict[Any, tuple[date, date]] = {}
    for cases in batched(running.iterator(CHUNK), CHUNK):
        pauses = deadlines.pauses_of_many(case.instance_id for case in cases)
        for case in cases:
            assert case.accepted_at is not None
            stood = pauses.get(case.instance_id, ())
            alike = (case.matter_version_id, clock.day_of(case.accepted_at), stood)
            due = known.get(alike) or deadlines.due_days(case, calendar, stood)
            known[alike] = due
            if due != (case.promise_due, case.legal_due):
                yield Moved(case.pk, case.internal_no or "", case.project_name, case.promise_due, *due)


def batched(cases: Iterator[Case], size: int) -> Iterator[list[Case]]:
    """Cases in lists of at most ``size``."""
    while batch := list(islice(cases, size)):
        yield batch


def preview(year: Year) -> list[Moved]:
    """What importing this year would move; nothing is written."""
    return list(moved_by(_with(year)))


def _with(year: Year) -> Calendar:
    rows = list(WorkCalendarDay.objects.exclude(date__year=year.year).values_list("date", "is_workday"))
    rows += [(day, work) for day, (work, _) in year.days.items()]
    known = {*official_calendar().known_years, year.year}
    return Calendar.of_days(rows, known)


def _move(wanted: list[Moved]) -> list[Moved]:
    """Put the new days on the cases; one changed past the product is reported and left alone."""
    locked = Case.objects.select_for_update().in_bulk([entry.case_id for entry in wanted])
    moved = []
    for entry in wanted:
        case = locked[entry.case_id]
        if not case_seals.holds(case):
            case_seals.alarm(case.pk, case.internal_no)
            continue
        case.promise_due = case.due_on = entry.after
        case.legal_due = entry.legal
        case.mac = case_seals.of(case)
        moved.append(entry)
    changed = [locked[entry.case_id] for entry in moved]
    Case.objects.bulk_update(changed, ["promise_due", "due_on", "legal_due", "mac"], batch_size=CHUNK)
    return moved


@transaction.atomic
def import_notice(person: Person, year: Year, reason: str) -> int:
    """Import the year and move the due days of running cases; returns how many moved."""
    if not reason.strip():
        raise invalid([FieldError("reason", "原因", "请写明导入原因，将记入审计日志。")])
    workdays.import_year(year)
    moved = _move(list(moved_by(official_calendar())))
    off: dict[str, Any] = {
        day.isoformat(): name for day, (work, name) in year.days.items() if not work and name
    }
    record(
        "calendar.import",
        person=person,
        target=f"calendar:{year.year}",
        summary=f"导入 {year.year} 年工作日历，{len(moved)} 件在办件的到期日随之调整",
        after={"source": year.source, "holidays": off, "moved": len(moved)},
        reason=reason,
    )
    return len(moved)

"""Time limits, warning rules and the official calendar, set by the system administrator."""

from datetime import date

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.base import clock
from minfang.kernel.iam.access import access_of, requires
from minfang.kernel.workdays.sources import Year
from minfang.services import limit_queries
from minfang.services.actions import calendars, warning_rules
from minfang.services.actions import limits as limit_actions
from minfang.services.schemas import Problem
from minfang.services.schemas.limits import (
    CalendarOut,
    ImportedOut,
    LimitIn,
    LimitsOut,
    MovedOut,
    NoticeIn,
    PreviewOut,
    RuleDropped,
    RuleIn,
    RuleOut,
)

limits = Router(tags=["时限与预警"], auth=[requires("limit.manage")])
calendar = Router(tags=["工作日历"], auth=[requires("calendar.manage")])
PROBLEMS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}
SHOWN = 200


@limits.get("", response={200: LimitsOut, **PROBLEMS}, operation_id="get_limits")
def get_limits(request: HttpRequest) -> LimitsOut:
    """Limits of every matter, the warning rules, and how many reminders today brings."""
    return limit_queries.limits()


@limits.put("/rules", response={200: RuleOut, **PROBLEMS}, operation_id="set_warning_rule")
def set_warning_rule(request: HttpRequest, body: RuleIn) -> RuleOut:
    """Set lights and reminders of one clock."""
    values = body.dict(exclude={"matter", "clock", "reason"})
    warning_rules.set_rule(access_of(request).person, body.matter, body.clock, values, body.reason)
    return limit_queries.rule(body.matter, body.clock)


@limits.post("/rules/drop", response={204: None, **PROBLEMS}, operation_id="drop_warning_rule")
def drop_warning_rule(request: HttpRequest, body: RuleDropped) -> tuple[int, None]:
    """Let a matter follow the default again."""
    warning_rules.drop_rule(access_of(request).person, body.matter, body.clock, body.reason)
    return 204, None


@limits.put("/days", response={200: LimitsOut, **PROBLEMS}, operation_id="set_limit_days")
def set_limit_days(request: HttpRequest, body: LimitIn) -> LimitsOut:
    """Change a time limit: a new version of the matter for new applications."""
    person = access_of(request).person
    limit_actions.set_limit(person, body.matter, body.name, body.days, body.unit, body.reason)
    return limit_queries.limits()


@calendar.get("", response={200: CalendarOut, **PROBLEMS}, operation_id="get_calendar")
def get_calendar(request: HttpRequest, year: int | None = None) -> CalendarOut:
    """The known years, and the special days of one."""
    return limit_queries.calendar_of(year or clock.today().year)


def _year(body: NoticeIn) -> Year:
    holidays: dict[date, str] = {entry.day: entry.name for entry in body.holidays}
    return calendars.year_of_notice(body.year, holidays, set(body.worked), body.source)


@calendar.post("/preview", response={200: PreviewOut, **PROBLEMS}, operation_id="preview_calendar")
def preview_calendar(request: HttpRequest, body: NoticeIn) -> PreviewOut:
    """Which running cases an import would move; nothing is written."""
    moved = calendars.preview(_year(body))
    shown = [
        MovedOut(number=entry.number, project=entry.project, before=entry.before, after=entry.after)
        for entry in moved[:SHOWN]
    ]
    return PreviewOut(count=len(moved), moved=shown)


@calendar.post("/import", response={200: ImportedOut, **PROBLEMS}, operation_id="import_calendar")
def import_calendar(request: HttpRequest, body: NoticeIn) -> ImportedOut:
    """Import the year's notice and move the due days it touches."""
    return ImportedOut(moved=calendars.import_notice(access_of(request).person, _year(body), body.reason))

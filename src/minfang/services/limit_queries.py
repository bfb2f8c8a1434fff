"""Limits, warning rules and the calendar as pages show them."""

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Role
from minfang.kernel.workdays.models import WorkCalendarDay, WorkCalendarYear
from minfang.kernel.workdays.queries import official_calendar
from minfang.services.actions.reminding import due_for_reminder
from minfang.services.clock_models import ClockKind, LimitOverride, Reminder, WarningRule
from minfang.services.models import Matter, MatterVersion
from minfang.services.schemas.common import Option
from minfang.services.schemas.limits import (
    CalendarOut,
    DayOut,
    LimitOut,
    LimitsOut,
    MatterLimits,
    RuleOut,
    YearOut,
)

LABELS = {"promise": "承诺办结时限", "legal": "法定办结时限", "supplement_applicant": "申请人补正时限"}


def limits() -> LimitsOut:
    """The page 时限与预警."""
    calendar, today = official_calendar(), clock.today()
    names = dict(Matter.objects.values_list("code", "name"))
    rules = list(WarningRule.objects.all())
    waiting = sum(due_for_reminder(rule, calendar, today).count() for rule in rules)
    business = Role.objects.exclude(code__in=["sys_admin", "sec_admin", "auditor"]).order_by("pk")
    return LimitsOut(
        matters=[_matter(version) for version in _current_versions()],
        rules=[_rule(row, names) for row in rules],
        clocks=[Option(value=value, label=label) for value, label in ClockKind.choices],
        roles=[Option(value=role.code, label=role.name) for role in business],
        reminded_today=Reminder.objects.filter(day=today).count(),
        waiting_today=waiting if calendar.is_workday(today) else 0,
    )


def _current_versions() -> list[MatterVersion]:
    newest: dict[int, MatterVersion] = {}
    for version in MatterVersion.objects.select_related("matter").order_by("version"):
        newest[version.matter_id] = version
    return sorted(newest.values(), key=lambda version: version.matter.position)


def _matter(version: MatterVersion) -> MatterLimits:
    changed = set(
        LimitOverride.objects.filter(matter_code=version.matter.code).values_list("name", flat=True)
    )
    found = {name: value for name, value in version.definition["limits"].items() if isinstance(value, dict)}
    return MatterLimits(
        code=version.matter.code,
        name=version.matter.name,
        version=version.version,
        published_at=version.published_at,
        limits=[
            LimitOut(
                name=name,
                label=LABELS.get(name, name),
                days=value["days"],
                unit=value["unit"],
                changed=name in changed,
            )
            for name, value in found.items()
        ],
    )


def _rule(row: WarningRule, names: dict[str, str]) -> RuleOut:
    return RuleOut(
        matter=row.matter_code,
        matter_name=names.get(row.matter_code, "全部事项（缺省）"),
        clock=row.clock,
        clock_label=row.get_clock_display(),
        light_ratio=row.light_ratio,
        light_days=row.light_days,
        remind_days=row.remind_days,
        remind_overdue=row.remind_overdue,
        remind_hour=row.remind_hour,
        copy_roles=row.copy_roles,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def rule(matter_code: str, kind: str) -> RuleOut:
    """One rule as it stands now."""
    names = dict(Matter.objects.values_list("code", "name"))
    return _rule(WarningRule.objects.get(matter_code=matter_code, clock=kind), names)


def calendar_of(year: int) -> CalendarOut:
    """The known years, and the days of one that differ from Monday to Friday."""
    worked: dict[int, int] = {}
    for day in WorkCalendarDay.objects.filter(is_workday=True).values_list("date", flat=True):
        worked[day.year] = worked.get(day.year, 0) + 1
    years = [
        YearOut(
            year=row.year,
            provisional=row.provisional,
            source=row.source,
            imported_at=row.imported_at,
            workdays=worked.get(row.year, 0),
        )
        for row in WorkCalendarYear.objects.all()
    ]
    days = [
        DayOut(day=row.date, workday=row.is_workday, name=row.name)
        for row in WorkCalendarDay.objects.filter(date__year=year)
        if row.name or row.is_workday != (row.date.weekday() < 5)
    ]
    return CalendarOut(years=years, year=year, days=days)

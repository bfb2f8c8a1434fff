"""The calendar in force, kept in memory until a year is imported again."""

from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.models import WorkCalendarDay, WorkCalendarYear

_Stamp = tuple[tuple[int, int, bool, str], ...]
_cached: list[tuple[_Stamp, Calendar]] = []


def official_calendar() -> Calendar:
    """The imported years as one calendar. Costs one small query; ask once per page, not once per case."""
    years = list(WorkCalendarYear.objects.all())
    stamp = tuple((y.year, y.revision, y.provisional, y.imported_at.isoformat()) for y in years)
    if not _cached or _cached[0][0] != stamp:
        rows = WorkCalendarDay.objects.values_list("date", "is_workday")
        calendar = Calendar.of_days(rows, (y.year for y in years if not y.provisional))
        _cached[:] = [(stamp, calendar)]
    return _cached[0][1]


def provisional_years() -> list[int]:
    """Years still counted as plain Monday to Friday, to be shown to the administrator."""
    return list(WorkCalendarYear.objects.filter(provisional=True).values_list("year", flat=True))

"""Bring a year's days in. Importing a year again replaces it; the days of other years stay."""

from collections.abc import Iterable

from django.db import transaction

from minfang.kernel.base.clock import now
from minfang.kernel.base.errors import Refusal
from minfang.kernel.workdays.models import WorkCalendarDay, WorkCalendarYear
from minfang.kernel.workdays.sources import Year, days_of, published

OFFICIAL_YEARS = range(2024, 2028)


@transaction.atomic
def import_year(year: Year) -> WorkCalendarYear:
    """Store every day of one year. An official year is never replaced by a provisional one."""
    if set(year.days) != set(days_of(year.year)):
        raise Refusal(
            "CALENDAR_INCOMPLETE", f"{year.year} 年工作日历缺少日期或含有其他年份的日期。", "请核对导入文件。"
        )
    known = WorkCalendarYear.objects.select_for_update().filter(year=year.year).first()
    if known and year.provisional and not known.provisional:
        return known
    WorkCalendarDay.objects.filter(date__year=year.year).delete()
    WorkCalendarDay.objects.bulk_create(
        WorkCalendarDay(date=day, is_workday=work, name=name) for day, (work, name) in year.days.items()
    )
    row = known or WorkCalendarYear(year=year.year, revision=0)
    row.provisional, row.source, row.imported_at = year.provisional, year.source, now()
    row.revision += 1
    row.save()
    return row


def load_official_years(years: Iterable[int] = OFFICIAL_YEARS) -> list[WorkCalendarYear]:
    """Fill years that are missing or provisional from the published notices; harmless to repeat."""
    final = set(WorkCalendarYear.objects.filter(provisional=False).values_list("year", flat=True))
    present = set(WorkCalendarYear.objects.values_list("year", flat=True))
    for number in years:
        year = published(number)
        if number not in final and not (year.provisional and number in present):
            import_year(year)
    return list(WorkCalendarYear.objects.filter(year__in=list(years)))

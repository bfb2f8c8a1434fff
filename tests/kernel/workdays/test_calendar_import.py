"""The official years are data: imported, replaceable, never forgotten."""

from datetime import date

import pytest
from django.test.utils import CaptureQueriesContext

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workdays.actions import import_year, load_official_years
from minfang.kernel.workdays.models import WorkCalendarDay
from minfang.kernel.workdays.queries import official_calendar, provisional_years
from minfang.kernel.workdays.sources import Year, from_notice, published

pytestmark = pytest.mark.django_db


def test_loading_fills_2024_to_2027_and_marks_the_unpublished_year() -> None:
    years = load_official_years()
    assert [y.year for y in years] == [2024, 2025, 2026, 2027]
    assert provisional_years() == [2027]
    assert WorkCalendarDay.objects.count() == 366 + 3 * 365
    assert official_calendar().add(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert official_calendar().is_provisional(date(2027, 2, 1))


def test_loading_again_changes_nothing() -> None:
    before = [y.revision for y in load_official_years()]
    assert [y.revision for y in load_official_years()] == before


def test_the_notice_replaces_the_provisional_year_and_is_seen_at_once() -> None:
    load_official_years([2027])
    assert official_calendar().is_workday(date(2027, 2, 8))
    import_year(from_notice(2027, {date(2027, 2, 8): "春节"}, set(), "国务院办公厅通知"))
    assert not official_calendar().is_workday(date(2027, 2, 8))
    assert provisional_years() == []


def test_a_provisional_year_never_replaces_an_official_one() -> None:
    import_year(from_notice(2027, {date(2027, 2, 8): "春节"}, set(), "国务院办公厅通知"))
    import_year(published(2027))
    assert not official_calendar().is_workday(date(2027, 2, 8))


def test_a_year_with_missing_days_is_refused() -> None:
    days = dict(list(published(2026).days.items())[:-1])
    with pytest.raises(Refusal, match="2026"):
        import_year(Year(2026, days, "残缺文件", provisional=False))
    assert WorkCalendarDay.objects.count() == 0


def test_the_calendar_costs_one_query_once_it_is_warm(
    django_assert_num_queries: type[CaptureQueriesContext],
) -> None:
    load_official_years([2026])
    official_calendar()
    with django_assert_num_queries(1):
        official_calendar()

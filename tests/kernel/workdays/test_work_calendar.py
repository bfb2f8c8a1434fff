"""The calendar counts what the official notice says, not Monday to Friday."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.sources import from_notice, published

DAYS = st.dates(date(2023, 6, 1), date(2028, 6, 1))
OFFICIAL = Calendar.of_days(
    [(day, work) for year in (2024, 2025, 2026) for day, (work, _) in published(year).days.items()],
    (2024, 2025, 2026),
)


def naive_between(cal: Calendar, start: date, end: date) -> int:
    return sum(cal.is_workday(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def test_national_day_is_off_and_its_exchanged_weekend_is_worked() -> None:
    assert not OFFICIAL.is_workday(date(2026, 10, 1))
    assert OFFICIAL.is_workday(date(2026, 10, 10)), "Saturday worked in exchange"
    assert OFFICIAL.add(date(2026, 9, 30), 1) == date(2026, 10, 8)


def test_a_pause_of_the_example_page_is_five_working_days() -> None:
    assert OFFICIAL.between(date(2026, 6, 26), date(2026, 7, 3)) == 5


def test_a_year_without_notice_is_counted_monday_to_friday_and_says_so() -> None:
    year = published(2027)
    assert year.provisional
    assert "尚未公布" in year.source
    assert OFFICIAL.is_provisional(date(2027, 1, 4))
    assert OFFICIAL.is_workday(date(2027, 1, 4))
    assert not OFFICIAL.is_workday(date(2027, 1, 3))


def test_a_notice_typed_in_names_days_off_and_worked_weekends() -> None:
    year = from_notice(2027, {date(2027, 1, 1): "元旦"}, {date(2027, 1, 9)}, "国办发明电〔2026〕X 号")
    assert year.days[date(2027, 1, 1)] == (False, "元旦")
    assert year.days[date(2027, 1, 9)] == (True, "")
    assert not year.provisional


@given(DAYS, st.integers(0, 500))
def test_counting_agrees_with_walking_day_by_day(start: date, span: int) -> None:
    end = start + timedelta(days=span)
    assert OFFICIAL.between(start, end) == naive_between(OFFICIAL, start, end)


@given(DAYS, DAYS, DAYS)
def test_between_is_additive(a: date, b: date, c: date) -> None:
    assert OFFICIAL.between(a, b) + OFFICIAL.between(b, c) == OFFICIAL.between(a, c)


@given(DAYS, st.integers(0, 300), st.integers(0, 300))
def test_add_is_additive_and_monotonic(start: date, m: int, n: int) -> None:
    assert OFFICIAL.add(OFFICIAL.add(start, m), n) == OFFICIAL.add(start, m + n)
    assert OFFICIAL.add(start, m) <= OFFICIAL.add(start, m + n)


@given(DAYS, st.integers(1, 300), st.booleans())
def test_add_lands_on_a_working_day_that_many_days_away(start: date, n: int, back: bool) -> None:
    days = -n if back else n
    end = OFFICIAL.add(start, days)
    assert OFFICIAL.is_workday(end)
    assert OFFICIAL.between(start, end) == days


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_known_years_have_their_holidays_named_in_chinese(year: int) -> None:
    days = published(year).days
    assert days[date(year, 1, 1)] == (False, "元旦")
    assert {name for _, name in days.values()} >= {"春节", "清明节", "劳动节", "端午节", "国庆节"}
    assert all(ord(name[0]) > 127 for _, name in days.values() if name)

"""Where the days of a year come from: the published notice as a library keeps it, or nothing yet."""

from dataclasses import dataclass
from datetime import date, timedelta

from chinese_calendar import get_holiday_detail, is_workday

from minfang.kernel.workdays.calendar import is_weekday

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利七十周年纪念日",
}


@dataclass(frozen=True)
class Year:
    """A year's days: worked or not, and the holiday's name; ``source`` says on what ground."""

    year: int
    days: dict[date, tuple[bool, str]]
    source: str
    provisional: bool


def days_of(year: int) -> list[date]:
    """Every day of a year."""
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def _holiday(day: date) -> tuple[bool, str]:
    _, english = get_holiday_detail(day)
    return is_workday(day), NAMES.get(english or "", english or "")


def published(year: int) -> Year:
    """The year by the State Council's notice where it is known; otherwise Monday to Friday, provisional."""
    try:
        days = {day: _holiday(day) for day in days_of(year)}
    except NotImplementedError:
        plain = {day: (is_weekday(day), "") for day in days_of(year)}
        return Year(year, plain, "放假安排尚未公布，暂按周一至周五", provisional=True)
    return Year(year, days, "国务院办公厅节假日安排（chinesecalendar）", provisional=False)


def from_notice(year: int, holidays: dict[date, str], worked_weekends: set[date], source: str) -> Year:
    """A year typed in from the notice: the days off with their names, the weekend days worked instead."""
    days = {
        day: (day in worked_weekends or (is_weekday(day) and day not in holidays), holidays.get(day, ""))
        for day in days_of(year)
    }
    return Year(year, days, source, provisional=False)

"""Limits, warning rules and the calendar as the system administrator sees and sets them."""

from datetime import date, datetime

from minfang.services.schemas.common import Option, Schema


class LimitOut(Schema):
    """One time limit; ``changed`` when the office set it in place of the definition's."""

    name: str
    label: str
    days: int
    unit: str
    changed: bool


class MatterLimits(Schema):
    code: str
    name: str
    version: int
    published_at: datetime
    limits: list[LimitOut]


class RuleIn(Schema):
    """Lights and reminders of one clock; an empty ``matter`` is the default for all."""

    matter: str = ""
    clock: str
    light_ratio: float
    light_days: int
    remind_days: list[int]
    remind_overdue: bool
    remind_hour: int
    copy_roles: list[str]
    reason: str


class RuleOut(Schema):
    matter: str
    matter_name: str
    clock: str
    clock_label: str
    light_ratio: float
    light_days: int
    remind_days: list[int]
    remind_overdue: bool
    remind_hour: int
    copy_roles: list[str]
    updated_at: datetime
    updated_by: str


class LimitsOut(Schema):
    """The page 时限与预警."""

    matters: list[MatterLimits]
    rules: list[RuleOut]
    clocks: list[Option]
    roles: list[Option]
    reminded_today: int
    waiting_today: int


class LimitIn(Schema):
    matter: str
    name: str
    days: int
    unit: str
    reason: str


class RuleDropped(Schema):
    matter: str
    clock: str
    reason: str


class HolidayIn(Schema):
    day: date
    name: str


class NoticeIn(Schema):
    """A year's holiday notice: days off with names, weekend days worked instead."""

    year: int
    holidays: list[HolidayIn]
    worked: list[date]
    source: str
    reason: str = ""


class DayOut(Schema):
    day: date
    workday: bool
    name: str


class YearOut(Schema):
    year: int
    provisional: bool
    source: str
    imported_at: datetime
    workdays: int


class CalendarOut(Schema):
    """The years that are known, and the days of one of them that differ from Monday to Friday."""

    years: list[YearOut]
    year: int
    days: list[DayOut]


class MovedOut(Schema):
    number: str
    project: str
    before: date | None
    after: date | None


class PreviewOut(Schema):
    """What an import would move; ``moved`` shows the first of ``count``."""

    count: int
    moved: list[MovedOut]


class ImportedOut(Schema):
    moved: int

"""What a page asks for: a model, a period, places and types; and the rows this leaves of what one may see."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.registry.models import Device, Works
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.alarms.queries.scope import visible

MONTH, QUARTER, YEAR = "month", "quarter", "year"
MONTHS_OF = {MONTH: 1, QUARTER: 3, YEAR: 12}
SHAPES = {MONTH: r"(\d{4})-(\d{2})", QUARTER: r"(\d{4})-Q([1-4])", YEAR: r"(\d{4})"}


@dataclass(frozen=True)
class Period:
    """A calendar month, quarter or year of Shanghai, by its first day."""

    span: str
    first: date

    @property
    def label(self) -> str:
        """``2026-11``, ``2026-Q4``, ``2026``."""
        if self.span == YEAR:
            return str(self.first.year)
        if self.span == QUARTER:
            return f"{self.first.year}-Q{(self.first.month + 2) // 3}"
        return f"{self.first:%Y-%m}"

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """From its first instant to the first of the next."""
        return _start(self.first), _start(self.moved(1).first)

    def moved(self, periods: int) -> "Period":
        """So many periods later (or earlier)."""
        months = self.first.year * 12 + self.first.month - 1 + periods * MONTHS_OF[self.span]
        return Period(self.span, date(months // 12, months % 12 + 1, 1))


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.SHANGHAI)


def period_of(span: str, day: date) -> Period:
    """The period a day lies in."""
    months = MONTHS_OF[span]
    return Period(span, date(day.year, (day.month - 1) // months * months + 1, 1))


def read_period(span: str, text: str) -> Period:
    """The period a page names; the present one where it names none. Refuses what is no period."""
    if span not in MONTHS_OF:
        raise Refusal("BAD_PERIOD", "统计周期只有月、季、年。", "请改选月、季或年。", status=422)
    if not text:
        return period_of(span, clock.today())
    found = re.fullmatch(SHAPES[span], text)
    try:
        parts = [int(part) for part in found.groups()] if found else []
        month = 1 if span == YEAR else parts[1] if span == MONTH else parts[1] * 3 - 2
        return Period(span, date(parts[0], month, 1))
    except (IndexError, ValueError) as error:
        hint = "请写成 2026-11、2026-Q4 或 2026。"
        raise Refusal("BAD_PERIOD", f"统计周期“{text[:20]}”无法识别。", hint, status=422) from error


@dataclass(frozen=True)
class Asked:
    """A question of one person. ``by`` chooses what is compared where a model knows several ways."""

    access: Access
    period: Period
    district: str = ""
    works: int | None = None
    sensor: str = ""
    by: str = ""
    permission: str = "iot.read"

    def alarms(self) -> QuerySet[Alarm]:
        """The alarms one may see, of the places and types asked for, of all times."""
        rows = self.of_type(visible(self.access, self.permission))
        if self.district:
            rows = rows.filter(district_code=self.district)
        return rows.filter(works_id=self.works) if self.works else rows

    def of_type(self, rows: QuerySet[Alarm]) -> QuerySet[Alarm]:
        """Those of the sensor type asked for."""
        return rows.filter(device__sensor_type=self.sensor) if self.sensor else rows

    def in_period(self) -> QuerySet[Alarm]:
        """:meth:`alarms` of the period, by when they began."""
        since, until = self.period.bounds
        return self.alarms().filter(opened_at__gte=since, opened_at__lt=until)

    def devices(self) -> QuerySet[Device]:
        """The devices in use one may see, of the places and types asked for."""
        rows = Device.objects.visible_to(self.access, self.permission).filter(retired_at=None)
        if self.sensor:
            rows = rows.filter(sensor_type=self.sensor)
        if self.district:
            rows = rows.filter(works__district_code=self.district)
        return rows.filter(works_id=self.works) if self.works else rows

    def places(self) -> QuerySet[Works]:
        """The works one may see, of the places asked for."""
        rows = Works.objects.visible_to(self.access, self.permission)
        if self.district:
            rows = rows.filter(district_code=self.district)
        return rows.filter(pk=self.works) if self.works else rows


def hours(number: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=number)

"""Times of a source: read in the zone of the link, written back in the form the source uses."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from minfang.supervision.links.refusals import unusable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
AUTO, SECONDS, MILLIS = "auto", "epoch_s", "epoch_ms"
FORMATS = {
    AUTO: "时间类型或 ISO 8601",
    "%Y-%m-%d %H:%M:%S": "2026-01-31 08:30:00",
    "%Y-%m-%d %H:%M": "2026-01-31 08:30",
    "%Y/%m/%d %H:%M:%S": "2026/01/31 08:30:00",
    "%Y/%m/%d %H:%M": "2026/01/31 08:30",
    "%Y%m%d%H%M%S": "20260131083000",
    "%Y-%m-%d": "2026-01-31",
    "%d/%m/%Y %H:%M:%S": "31/01/2026 08:30:00",
    "%m/%d/%Y %H:%M:%S": "01/31/2026 08:30:00",
    "%Y年%m月%d日 %H时%M分%S秒": "2026年01月31日 08时30分00秒",
    SECONDS: "1769819400（秒）",
    MILLIS: "1769819400000（毫秒）",
}
Instant = Callable[[Any], int]


def zone(name: str) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise unusable("ZONE_UNKNOWN", f"没有时区“{name}”。", "例如 Asia/Shanghai、UTC。") from error


def micros(moment: datetime, home: ZoneInfo) -> int:
    """Microseconds since 1970 in UTC; a time that names no zone is one of the link's."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=home)
    return (aware - EPOCH) // MICROSECOND


def iso(instant: int) -> str:
    """Microseconds in UTC as text."""
    return (EPOCH + instant * MICROSECOND).isoformat()


def reader(form: str, home: ZoneInfo) -> Instant:
    """A function from a value of the source to microseconds in UTC; it raises ``ValueError``."""
    if form == SECONDS:
        return lambda value: round(float(value) * 1_000_000)
    if form == MILLIS:
        return lambda value: round(float(value) * 1_000)

    def read(value: Any) -> int:
        if isinstance(value, datetime):
            return micros(value, home)
        if isinstance(value, date):
            return micros(datetime(value.year, value.month, value.day, tzinfo=home), home)
        text = str(value).strip()
        moment = datetime.fromisoformat(text) if form == AUTO else datetime.strptime(text, form)  # noqa: DTZ007 the zone is the link's
        return micros(moment, home)

    return read


def fits(form: str, samples: Sequence[Any]) -> bool:
    """Whether every sample is a time of this form, between 1990 and 2100."""
    read = reader(form, ZoneInfo("UTC"))
    try:
        return all(631152000 <= read(value) / 1e6 <= 4102444800 for value in samples)
    except (ValueError, TypeError, OverflowError):
        return False


def detect(samples: Sequence[Any]) -> list[str]:
    """The forms that fit all samples, the likeliest first; more than one is for a person to decide."""
    given = [value for value in samples if value not in (None, "")]
    return [form for form in FORMATS if given and fits(form, given)]


def like(sample: Any, moment: datetime, home: ZoneInfo, form: str) -> Any:
    """A moment in the form the source keeps its times in, for comparing there."""
    if isinstance(sample, datetime):
        return moment if sample.tzinfo is not None else moment.astimezone(home).replace(tzinfo=None)
    if isinstance(sample, date):
        return moment.astimezone(home).date()
    if isinstance(sample, str):
        local = moment.astimezone(home)
        return local.replace(tzinfo=None).isoformat(" ") if form == AUTO else local.strftime(form)
    scale = 1000 if form == MILLIS or (form == AUTO and sample > 10**11) else 1
    return int(moment.timestamp() * scale)


def earlier(value: Any, seconds: int) -> Any:
    """A value of an increment column so many seconds before."""
    if isinstance(value, datetime):
        return value - timedelta(seconds=seconds)
    if isinstance(value, date):
        return value - timedelta(days=-(-seconds // 86400))
    if isinstance(value, str):
        return _earlier_text(value, seconds)
    return value - seconds * (1000 if value > 10**11 else 1)


def _earlier_text(value: str, seconds: int) -> str:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M"):
        if fits(form, [value]):
            moment = datetime.strptime(value, form)  # noqa: DTZ007 only moved, never placed in a zone
            return (moment - timedelta(seconds=seconds)).strftime(form)
    return value

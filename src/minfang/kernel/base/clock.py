"""The one clock. Tests move it; nothing else in the product calls ``datetime.now``."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")
_offset: list[timedelta] = []


def now() -> datetime:
    """The current instant, aware, in Asia/Shanghai."""
    shift = _offset[-1] if _offset else timedelta(0)
    return timezone.now().astimezone(SHANGHAI) + shift


def today() -> date:
    """The current calendar day in Shanghai."""
    return now().date()


@contextmanager
def moved_to(instant: datetime) -> Iterator[None]:
    """Run a block as if it happened at ``instant`` (aware); used by tests and the demo-data generator."""
    _offset.append(instant - timezone.now())
    try:
        yield
    finally:
        _offset.pop()


def day_of(instant: datetime) -> date:
    """The Shanghai calendar day of an instant."""
    return instant.astimezone(SHANGHAI).date()

"""How old a device is against its effective life, and when it is due for calibration and maintenance."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from minfang.registry.definitions import load

NONE, GOOD, SOON, OVER = "NONE", "GOOD", "SOON", "OVER"


@dataclass(frozen=True, slots=True)
class Due:
    """A day something is due on: ``NONE`` nothing known, ``GOOD``, ``SOON`` or ``OVER`` due."""

    on: date | None
    state: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    """``share`` of the effective life that has passed, 1.0 at its end."""

    share: float | None
    ends: Due
    calibration: Due
    maintenance: Due


def add_months(day: date, months: int) -> date:
    """The same day so many months later, the last of the month where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _due(since: date | None, months: int | None, today: date) -> Due:
    if since is None or not months:
        return Due(None, NONE)
    on = add_months(since, months)
    left = (on - today).days
    soon = timedelta(days=load("works")["device_life"]["warn_days"]).days
    return Due(on, OVER if left < 0 else SOON if left <= soon else GOOD, left)


def of(device: Any, today: date) -> Life:
    """The life of a device or a piece of equipment, on this day (handbook §9.4: warned of from 90 %)."""
    ends = _due(device.installed_on, device.life_months, today)
    share = None
    if ends.on is not None and device.installed_on is not None:
        share = (today - device.installed_on).days / max((ends.on - device.installed_on).days, 1)
        warn = load("works")["device_life"]["warn_share"]
        ends = Due(ends.on, OVER if share >= 1 else SOON if share >= warn else GOOD, ends.days)
    calibrated = getattr(device, "calibrated_on", None) or device.installed_on
    return Life(
        share,
        ends,
        _due(calibrated, getattr(device, "calibration_months", None), today),
        _due(device.maintained_on or device.installed_on, device.maintenance_months, today),
    )

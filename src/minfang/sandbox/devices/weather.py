"""Shanghai's weather above the works: seasons, daily cycle, plum rains, typhoon rains; one for all works."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from minfang.sandbox.devices import noise
from minfang.sandbox.devices.noise import Floats

DAY = 86400.0
EAST = 8 * 3600.0
FIRST_DAY = 18262  # 2020-01-01 as days since 1970
DAYS = 365 * 16
# Chance of rain on a day and its usual amount (mm), by month; June and July hold the plum rains.
CHANCE = np.array([0.30, 0.32, 0.40, 0.38, 0.36, 0.58, 0.44, 0.40, 0.36, 0.24, 0.26, 0.24])
AMOUNT = np.array([6, 7, 9, 9, 11, 20, 24, 26, 18, 9, 8, 6], dtype=np.float64)
PLUM_FIRST, PLUM_LAST = 161, 196  # 10 June to 15 July


@dataclass(frozen=True)
class Rains:
    """One shower a rainy day: start (s), length (s), amount (mm), and all rain before the day (mm)."""

    start: Floats
    length: Floats
    amount: Floats
    before: Floats


def local_hour(t: Floats) -> Floats:
    """Hours since midnight in Shanghai."""
    return np.asarray(((t + EAST) % DAY) / 3600.0)


def local_day(t: Floats) -> Floats:
    """Days since 1970 in Shanghai."""
    return np.asarray(np.floor((t + EAST) / DAY))


def day_of_year(t: Floats) -> Floats:
    """About which day of the year it is, 0 to 365."""
    return np.asarray(((t + EAST) / DAY - FIRST_DAY) % 365.2425)


def weekday(t: Floats) -> Floats:
    """0 for Monday to 6 for Sunday."""
    return np.asarray((local_day(t) + 3.0) % 7.0)


@cache
def rains(seed: int = 1) -> Rains:
    """All showers of sixteen years."""
    days = np.arange(DAYS, dtype=np.float64)
    month = np.minimum((days % 365.2425) / 30.44, 11).astype(int)
    wet = noise.uniform(seed, days) < CHANCE[month]
    size = -np.log(1.0 - 0.98 * noise.uniform(seed + 1, days)) * AMOUNT[month]
    amount = np.where(wet, size, 0.0)
    start = (FIRST_DAY + days) * DAY - EAST + noise.uniform(seed + 2, days) * 18 * 3600
    length = 1800.0 + noise.uniform(seed + 3, days) * 5.5 * 3600
    return Rains(start, length, amount, np.cumsum(amount) - amount)


def rained(t: Floats, seed: int = 1) -> Floats:
    """Rain since 2020 in mm: rises only while it rains."""
    known = rains(seed)
    index = np.clip(local_day(t) - FIRST_DAY, 0, DAYS - 1).astype(int)
    part = np.clip((t - known.start[index]) / known.length[index], 0.0, 1.0)
    return np.asarray(known.before[index] + known.amount[index] * part)


def rain_rate(t: Floats, seed: int = 1) -> Floats:
    """Rain now, in mm an hour."""
    known = rains(seed)
    index = np.clip(local_day(t) - FIRST_DAY, 0, DAYS - 1).astype(int)
    falls = (t >= known.start[index]) & (t <= known.start[index] + known.length[index])
    return np.where(falls, known.amount[index] / (known.length[index] / 3600.0), 0.0)


def season(t: Floats, lag_days: float = 0.0) -> Floats:
    """-1 in the coldest days (end of January), 1 in the hottest (end of July)."""
    return np.asarray(-np.cos(2 * np.pi * (day_of_year(t) - 25.0 - lag_days) / 365.2425))


def plum(t: Floats) -> Floats:
    """How much it is plum rain season: 0 outside, 1 inside, eased over four days."""
    day = day_of_year(t)
    return np.asarray(np.clip((day - PLUM_FIRST + 4) / 4, 0, 1) * np.clip((PLUM_LAST + 4 - day) / 4, 0, 1))


def temperature(t: Floats, seed: int = 1) -> Floats:
    """Outside air, ℃."""
    daily = 3.8 * np.sin(2 * np.pi * (local_hour(t) - 9.0) / 24.0)
    fronts = 3.2 * noise.smooth(seed + 5, t, 3.3 * DAY)
    cooled = np.minimum(rain_rate(t, seed), 8.0) * 0.35
    return np.asarray(16.8 + 11.6 * season(t) + daily * (1.0 - 0.4 * plum(t)) + fronts - cooled)


def humidity(t: Floats, seed: int = 1) -> Floats:
    """Outside relative humidity, %."""
    daily = -9.0 * np.sin(2 * np.pi * (local_hour(t) - 9.0) / 24.0)
    wet = 14.0 * np.minimum(rain_rate(t, seed) / 2.0, 1.0)
    drift = 7.0 * noise.smooth(seed + 6, t, 2.1 * DAY)
    return np.clip(71.0 + 5.0 * season(t) + daily + wet + drift + 11.0 * plum(t), 25.0, 100.0)


def dust(t: Floats, seed: int = 1) -> Floats:
    """PM2.5 outside, μg/m³: winter is worse, rain washes it out."""
    slow = 1.0 + 0.6 * noise.smooth(seed + 7, t, 1.7 * DAY)
    washed = 1.0 - 0.5 * np.minimum(rain_rate(t, seed) / 3.0, 1.0)
    return np.asarray((30.0 - 13.0 * season(t)) * slow * washed + 4.0)

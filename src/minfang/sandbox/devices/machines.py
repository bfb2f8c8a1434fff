"""Machines: fans, filters, ducts, pumps, mains, batteries, generators, doors and what guards them."""

import numpy as np

from minfang.sandbox.devices import effects as happening
from minfang.sandbox.devices import noise, water, weather
from minfang.sandbox.devices.moment import Moment
from minfang.sandbox.devices.noise import Floats

YEAR = 365.2425 * 86400.0


def _failed(m: Moment) -> Floats:
    return m.felt(happening.FAN_FAILURE)


def fan(m: Moment) -> Floats:
    """1 while it runs."""
    return np.where((m.airing > 0.5) | ((_failed(m) > 0.02) & (m.mains > 0.5)), 1.0, 0.0)


def _is_pump(m: Moment) -> bool:
    return "泵" in m.spot.name


def current(m: Moment) -> Floats:
    """A; the rated current while running, 1.6 times it when the bearing is going."""
    rated = m.spot.rated("rated_current_a", 6.8)
    load = m.own(0.84, 0.95) + 0.03 * noise.smooth(m.spot.seed, m.t, 1800.0)
    worn = 0.0 if _is_pump(m) else 0.72 * _failed(m)
    runs = water.pumping(m) if _is_pump(m) else fan(m)
    return np.maximum(rated * (load + worn) * runs + m.rough(0.02), 0.0)


def dust_filter(m: Moment) -> Floats:
    """Resistance of the oil dust filter, Pa: clogs over half a year until it is washed."""
    clogged = ((m.t + m.spot.seed % 15_000_000) % (0.5 * YEAR)) / (0.5 * YEAR)
    resistance = m.spot.rated("initial_resistance_pa", 40.0) * (1.0 + 0.42 * clogged)
    return np.maximum((resistance + m.rough(0.8)) * fan(m) * (1.0 - 0.6 * _failed(m)), 0.0)


def toxic_filter(m: Moment) -> Floats:
    """Resistance of the gas filter, Pa: only in an emergency does air pass through it."""
    used = m.felt(happening.EMERGENCY) * fan(m)
    return np.maximum((m.own(590.0, 720.0) + m.rough(4.0)) * used * (1.0 - 0.6 * _failed(m)), 0.0)


def duct(m: Moment, name: str, otherwise: float) -> Floats:
    """Speed or pressure in a duct about its design value while the fan runs."""
    design = m.spot.rated(name, otherwise)
    share = m.own(0.93, 1.06) + 0.03 * noise.smooth(m.spot.seed, m.t, 900.0) - 0.62 * _failed(m)
    return np.maximum(design * share * fan(m) + m.rough(0.004 * design), 0.0)


def wind(m: Moment) -> Floats:
    """m/s."""
    return duct(m, "wind_speed_ms", 6.5)


def pressure(m: Moment) -> Floats:
    """Pa in the duct."""
    return duct(m, "duct_pressure_pa", 320.0)


def overpressure(m: Moment) -> Floats:
    """Pa above the outside: nothing in peace, above the design value once doors are shut and fans blow."""
    design = m.spot.rated("design_pressure_pa", 30.0)
    held = m.felt(happening.EMERGENCY) ** 2 * (
        design * m.own(1.08, 1.22) + 1.5 * noise.smooth(m.spot.seed, m.t, 40.0)
    )
    return held * fan(m) * (1.0 - 0.7 * _failed(m)) + 1.6 * m.airing + m.rough(0.6)


def mains(m: Moment) -> Floats:
    """V; sags a little in the evening."""
    evening = np.exp(-(((weather.local_hour(m.t) - 19.5) / 2.0) ** 2))
    return np.maximum((229.0 + m.own(-3.0, 3.0) - 4.0 * evening + m.rough(0.7)) * m.mains, 0.0)


def battery_backup(m: Moment) -> Floats:
    """UPS, %: falls in about forty minutes without mains, comes back in three hours."""
    left = np.full_like(m.t, 100.0)
    for effect in m.effects:
        if effect.kind == happening.BLACKOUT and effect.touches(m.spot.works_no, m.spot.unit):
            without = np.clip(np.minimum(m.t, effect.until) - effect.since, 0.0, None)
            charged = np.clip(m.t - effect.until, 0.0, None) if np.isfinite(effect.until) else 0.0
            left = np.minimum(left, np.clip(100.0 - without / 25.0, 4.0, 100.0) + charged / 108.0)
    return np.clip(left, 0.0, 100.0)


def generator(m: Moment) -> Floats:
    """Oil, %; burnt while the mains are away, filled up every four months."""
    aged = ((m.t + m.spot.seed % 10_000_000) % (YEAR / 3.0)) / (YEAR / 3.0)
    return np.clip(92.0 - 14.0 * aged - 9.0 * m.felt(happening.BLACKOUT) + m.rough(0.2), 0.0, 100.0)


def tilt(m: Moment) -> Floats:
    """Degrees a door hangs off its plumb: creeps with the years and the temperature."""
    age = ((m.t / YEAR) % 12.0) * 0.008
    return np.maximum(m.own(0.02, 0.14) + age + 0.015 * weather.season(m.t) + m.rough(0.004), 0.0)


def door(m: Moment) -> Floats:
    """1 open, 0 closed. Open by day in a garage, opened now and then elsewhere, shut in an emergency."""
    hour = weather.local_hour(m.t)
    if m.own(0.0, 1.0, 9) < (0.35 if m.spot.use in ("PARKING", "COMMERCE") else 0.1):
        opened = (hour > 6.5 + m.own(0, 1, 10)) & (hour < 21.5 + m.own(0, 1, 11))
    else:
        opened = noise.uniform(m.spot.seed + 21, m.t / 600.0) < 0.012 * (hour > 7) * (hour < 20)
    shut = m.felt(happening.EMERGENCY) > m.own(0.05, 0.5, 12)
    return np.where(opened & ~shut, 1.0, 0.0)


def intrusion(m: Moment) -> Floats:
    """1 when somebody enters a special room: rare."""
    return np.where(noise.uniform(m.spot.seed + 22, m.t / 300.0) < 0.00025, 1.0, 0.0)


def video(m: Moment) -> Floats:
    """1 when the camera thinks it saw something."""
    return np.where(noise.uniform(m.spot.seed + 23, m.t / 300.0) < 0.0004 * (1.0 + m.people), 1.0, 0.0)


def settlement(m: Moment) -> Floats:
    """mm since it was fitted: quick at first, then slower."""
    years = (m.t / YEAR) % 20.0
    return np.maximum(m.own(1.0, 5.5) * (1.0 - np.exp(-years / 6.0)) + m.rough(0.02), 0.0)


def battery(m: Moment) -> Floats:
    """The device's own battery, %: lasts about three years, changed when it is low."""
    life = m.own(2.2, 3.6, 13) * YEAR
    return np.clip(100.0 - 82.0 * (((m.t + m.spot.seed % int(life)) % life) / life), 0.0, 100.0)


def quiet(m: Moment) -> Floats:
    """Nothing to report: an alarm for warfare agents in peace."""
    return np.zeros_like(m.t)

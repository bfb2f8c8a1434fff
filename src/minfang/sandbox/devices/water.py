"""Water: sumps that seep and take rain until a pump empties them, leaks, tanks that are filled."""

import numpy as np

from minfang.sandbox.devices import effects as happening
from minfang.sandbox.devices import noise, weather
from minfang.sandbox.devices.moment import Moment
from minfang.sandbox.devices.noise import Floats

DRAINING = 0.06  # share of a cycle in which the pump runs
PUMP_OFF, PUMP_ON, HIGH, OVERFLOW = 400.0, 1000.0, 1400.0, 1800.0


def _cycle(m: Moment) -> Floats:
    """Where the sump is between two emptyings, 0 to 1: seepage and rain fill it. Sump and pump agree."""
    seep = 1.0 / noise.one(m.spot.place_seed + 11, 9 * 3600.0, 30 * 3600.0)
    rain = 1.0 / noise.one(m.spot.place_seed + 12, 3.5, 9.0)  # mm of rain that fill it once
    return np.asarray((m.t * seep + weather.rained(m.t) * rain) % 1.0)


def _unpumped(m: Moment) -> Floats:
    """What came in while the pump had no power, as a share of its whole height, 0 to 1."""
    total = np.zeros_like(m.t)
    for effect in m.effects:
        if effect.kind == happening.BLACKOUT and effect.touches(m.spot.works_no, m.spot.unit):
            came = np.clip((np.minimum(m.t, effect.until) - effect.since) / 1500.0, 0, 1)
            gone = np.clip((m.t - effect.until) / 240.0, 0, 1) if np.isfinite(effect.until) else 0.0
            total = np.maximum(total, came * (1.0 - gone))
    return total


def sump(m: Moment) -> Floats:
    """Level in mm."""
    low, start = m.spot.rated("stop_level_mm", PUMP_OFF), m.spot.rated("start_level_mm", PUMP_ON)
    phase = _cycle(m)
    rising = phase / (1.0 - DRAINING)
    falling = (1.0 - phase) / DRAINING
    level = low + (start - low) * np.minimum(rising, falling)
    over = m.spot.rated("overflow_level_mm", OVERFLOW) + 120.0
    level = level + (over - level) * np.maximum(m.felt(happening.FLOOD), 0.0)
    level = level + (m.spot.rated("high_level_mm", HIGH) + 60.0 - level) * 0.9 * _unpumped(m)
    return np.asarray(level + m.rough(2.0))


def pumping(m: Moment) -> Floats:
    """Whether the pump of this unit's sump runs: 1 or 0."""
    busy = (_cycle(m) > 1.0 - DRAINING) | (m.felt(happening.FLOOD) > 0.2)
    return np.where(busy & (m.mains > 0.5), 1.0, 0.0)


def leak(m: Moment) -> Floats:
    """0 or 1: water on the floor here. One place after the other as it rises."""
    return np.where(m.felt(happening.FLOOD) > m.own(0.45, 0.8, 7), 1.0, 0.0)


def tank(m: Moment) -> Floats:
    """Emergency tank, %; nearly empty in peace, filled within half an hour of an emergency, then used."""
    rest = m.own(3.0, 9.0, 8)
    filled = m.felt(happening.EMERGENCY)
    drunk = 3.5 * (noise.smooth(m.spot.seed, m.t, 9000.0) + 1.0) * (filled > 0.9)
    return np.clip(rest + (94.5 - rest) * filled - drunk + m.rough(0.15), 0.0, 100.0)

"""Air: temperature, humidity, gases and dust, inside by season, people and fans, outside by the weather."""

import numpy as np

from minfang.sandbox.devices import effects as happening
from minfang.sandbox.devices import noise, weather
from minfang.sandbox.devices.moment import Moment
from minfang.sandbox.devices.noise import Floats


def temperature(m: Moment) -> Floats:
    """℃; underground follows the year a month late and the day hardly."""
    if m.spot.outside:
        return weather.temperature(m.t) + m.rough(0.15)
    rock = 18.6 + m.shared(-1.2, 1.2) + 5.2 * weather.season(m.t, 32.0)
    warmed = 1.6 * m.people + 0.8 * noise.smooth(m.spot.place_seed, m.t, 9000.0)
    mixed = 0.10 * (weather.temperature(m.t) - rock) * m.airing
    return rock + warmed + mixed + 2.0 * m.felt(happening.EMERGENCY) + m.rough(0.08)


def humidity(m: Moment) -> Floats:
    """%RH; the walls keep the plum rains for weeks, fans and dehumidifiers bring it down."""
    if m.spot.outside:
        return np.clip(weather.humidity(m.t) + m.rough(0.8), 20.0, 100.0)
    damp = m.shared(55.0, 66.0, 1) + 4.0 * weather.season(m.t, 20.0) + 13.0 * weather.plum(m.t - 86400.0)
    wet = 0.10 * (weather.humidity(m.t - 7200.0) - 71.0)
    dry = 3.0 * m.airing * (1.0 - weather.plum(m.t))
    total = damp + wet - dry + 2.0 * m.people + 2.0 * noise.smooth(m.spot.place_seed + 2, m.t, 15000.0)
    return np.clip(total + 22.0 * m.felt(happening.FLOOD) + m.rough(0.4), 20.0, 99.9)


def carbon_dioxide(m: Moment) -> Floats:
    """ppm; people breathe it out, fans take it away."""
    if m.spot.outside:
        return np.asarray(424.0 + 12.0 * noise.smooth(m.spot.seed, m.t, 7200.0) + m.rough(4.0))
    crowd = m.shared(360.0, 520.0, 2) * m.people * (1.0 - 0.35 * m.airing)
    packed = 2900.0 * m.felt(happening.EMERGENCY)
    return np.asarray(435.0 + crowd + packed + 60.0 * m.felt(happening.CO_RISE) + m.rough(8.0))


def oxygen(m: Moment) -> Floats:
    """%VOL; falls with carbon dioxide and with fumes."""
    used = 0.25 * m.people + 0.55 * m.felt(happening.EMERGENCY) + 0.7 * m.felt(happening.CO_RISE)
    return np.asarray(20.85 + m.own(-0.06, 0.06) - used * (0.2 if m.spot.outside else 1.0) + m.rough(0.03))


def dust(m: Moment) -> Floats:
    """PM2.5, μg/m³; inside a part of what is outside, and what wheels raise."""
    share = 1.0 if m.spot.outside else 0.45 + 0.25 * m.airing
    raised = 0.0 if m.spot.outside else 9.0 * m.people
    return np.maximum(weather.dust(m.t) * share + raised + m.rough(1.2), 1.0)


def carbon_monoxide(m: Moment) -> Floats:
    """mg/m³; exhaust at rush hours in a garage."""
    exhaust = (4.2 if m.spot.use == "PARKING" else 0.6) * m.people**1.5 * (1.0 - 0.4 * m.airing)
    leak = m.shared(32.0, 44.0, 5) * m.felt(happening.CO_RISE)
    return np.maximum(0.8 + exhaust + leak + m.rough(0.12), 0.0)


def methane(m: Moment) -> Floats:
    """%LEL; nearly nothing unless something leaks."""
    return np.maximum(0.6 + 0.5 * noise.smooth(m.spot.seed, m.t, 5400.0) + m.rough(0.12), 0.0)


def sulphide(m: Moment) -> Floats:
    """H2S, mg/m³; a trace near sumps in summer, more when they overflow."""
    warm = 0.25 * np.clip(weather.season(m.t), 0, 1)
    return np.maximum(0.15 + warm + 2.2 * m.felt(happening.FLOOD) + m.rough(0.05), 0.0)


def ammonia(m: Moment) -> Floats:
    """NH3, mg/m³."""
    return np.maximum(0.4 + 0.5 * m.people + m.rough(0.06), 0.0)


def radon(m: Moment) -> Floats:
    """Bq/m³; gathers while nothing moves the air."""
    rest = m.shared(70.0, 165.0, 6) * (1.0 - 0.45 * m.airing)
    return np.maximum(
        rest * (1.0 + 0.18 * noise.smooth(m.spot.place_seed + 8, m.t, 20000.0)) + m.rough(4.0), 5.0
    )


def organics(m: Moment) -> Floats:
    """TVOC, mg/m³."""
    return np.maximum(0.14 + 0.16 * m.people + 0.04 * weather.season(m.t) + m.rough(0.01), 0.01)


def formaldehyde(m: Moment) -> Floats:
    """HCHO, mg/m³; warm walls give off more."""
    return np.maximum(0.022 + 0.012 * weather.season(m.t, 30.0) + 0.008 * m.people + m.rough(0.001), 0.002)

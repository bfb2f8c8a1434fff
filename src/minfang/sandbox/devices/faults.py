"""How devices fail: stuck values, drift, spikes, silence, false alarms of a chatty batch, wrong clocks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from minfang.sandbox.devices import effects as happening
from minfang.sandbox.devices import noise
from minfang.sandbox.devices.effects import Effect
from minfang.sandbox.devices.fleet import Spot
from minfang.sandbox.devices.noise import Floats

FORTNIGHT = 14 * 86400.0


class Fault(StrEnum):
    """What a device suffers from for a while."""

    NONE = ""
    STUCK = "stuck"
    DRIFT = "drift"
    SPIKES = "spikes"
    SILENT = "silent"


class BadClock(StrEnum):
    """How a device tells the time."""

    RIGHT = ""
    AHEAD = "ahead"  # seven minutes
    SECONDS = "seconds"  # seconds where milliseconds are meant
    RESET = "reset"  # 1970 after a power cut


# Up to which share of devices each fault reaches within a fortnight.
SHARES = ((Fault.STUCK, 0.008), (Fault.DRIFT, 0.018), (Fault.SPIKES, 0.03), (Fault.SILENT, 0.05))
CLOCKS = ((BadClock.SECONDS, 0.002), (BadClock.RESET, 0.004), (BadClock.AHEAD, 0.012))
# A value far on the wrong side of every threshold, for spikes and false alarms.
ALARMING = {
    "TEMP": 41.0,
    "HUMI": 96.0,
    "CO2": 2900.0,
    "O2": 18.6,
    "CO": 26.0,
    "LEL": 28.0,
    "H2S": 11.0,
    "NH3": 34.0,
    "PM25": 128.0,
    "WATER": 1.0,
    "SUMP": 1480.0,
    "TILT": 0.7,
    "DP": -40.0,
    "INTRUDE": 1.0,
    "VIDEO": 1.0,
    "CURR": 12.0,
    "POWER": 262.0,
}


@dataclass(frozen=True)
class Spell:
    """A fault of one device between two instants."""

    fault: Fault
    since: float
    until: float


def spell(spot: Spot, t: float) -> Spell:
    """What this device suffers from in the fortnight around ``t``; each device has its own fortnights."""
    shifted = t + spot.seed % int(FORTNIGHT)
    number = np.array([shifted // FORTNIGHT])
    luck = float(noise.uniform(spot.seed + 31, number)[0])
    begin = float(number[0]) * FORTNIGHT - spot.seed % int(FORTNIGHT)
    since = begin + float(noise.uniform(spot.seed + 32, number)[0]) * 0.6 * FORTNIGHT
    length = (0.4 + 4.0 * float(noise.uniform(spot.seed + 33, number)[0])) * 86400.0
    fault = next((kind for kind, share in SHARES if luck < share), Fault.NONE)
    return Spell(fault, since, since + length)


def clock_of(spot: Spot) -> BadClock:
    """How this device tells the time, for as long as nobody repairs it."""
    luck = noise.one(spot.seed + 34, 0.0, 1.0)
    return next((kind for kind, share in CLOCKS if luck < share), BadClock.RIGHT)


def disturbed(spot: Spot, metric: str, t: Floats, true: Floats, effects: Sequence[Effect] = ()) -> Floats:
    """What the device says where it should say ``true``; NaN where it says nothing."""
    said = true.copy()
    for middle in np.unique((t + spot.seed % int(FORTNIGHT)) // FORTNIGHT):
        ill = spell(spot, float(middle) * FORTNIGHT - spot.seed % int(FORTNIGHT) + 1.0)
        if ill.fault is not Fault.NONE:
            said = _suffer(spot, metric, t, said, ill)
    return _chatter(spot, metric, t, said, effects)


def _suffer(spot: Spot, metric: str, t: Floats, said: Floats, ill: Spell) -> Floats:
    within = (t >= ill.since) & (t < ill.until)
    if not within.any():
        return said
    if ill.fault is Fault.SILENT:
        return np.where(within, np.nan, said)
    if ill.fault is Fault.STUCK:
        return np.where(within, said[within][0], said)
    if ill.fault is Fault.DRIFT and metric not in ("WATER", "DOORST", "FAN", "INTRUDE", "VIDEO", "TOXIC"):
        return np.where(within, np.round(said * (1.0 + 0.04 * (t - ill.since) / 86400.0), 3), said)
    if ill.fault is Fault.SPIKES and metric in ALARMING:
        struck = noise.uniform(spot.seed + 35, t / 60.0) < 0.004
        return np.where(within & struck, ALARMING[metric], said)
    return said


def _chatter(spot: Spot, metric: str, t: Floats, said: Floats, effects: Sequence[Effect]) -> Floats:
    """Devices of a bad batch cross the threshold for minutes and fall back."""
    wild = np.zeros_like(t)
    for effect in effects:
        if effect.kind == happening.FALSE_ALARMS and effect.target in ("", spot.batch) and spot.batch:
            wild = np.maximum(wild, effect.strength(t))
        if effect.kind == happening.STORM and effect.touches(spot.works_no, spot.unit):
            wild = np.maximum(wild, effect.strength(t) * 2.0)
    if metric not in ALARMING or not wild.any():
        return said
    often = noise.uniform(spot.seed + 36, t / 180.0) < 0.45
    return np.where((wild > 1.0) | ((wild > 0.5) & often), ALARMING[metric], said)


def stamped(spot: Spot, t: float) -> float:
    """The instant in milliseconds the device writes for ``t``."""
    clock = clock_of(spot)
    if clock is BadClock.AHEAD:
        return (t + 420.0) * 1000.0
    if clock is BadClock.SECONDS:
        return float(int(t))
    return (t % 86400.0) * 1000.0 if clock is BadClock.RESET else t * 1000.0

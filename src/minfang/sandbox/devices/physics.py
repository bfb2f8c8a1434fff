"""The value of any metric of any device at any instant: ``values(spot, metric, t)``. Pure and repeatable."""

from collections.abc import Callable, Sequence

import numpy as np

from minfang.sandbox.devices import air, machines, water
from minfang.sandbox.devices.effects import Effect
from minfang.sandbox.devices.fleet import Spot
from minfang.sandbox.devices.moment import Moment
from minfang.sandbox.devices.noise import Floats

Law = Callable[[Moment], Floats]

# By type code (handbook §9.1): the law, and how many decimals such a device reports.
LAWS: dict[str, tuple[Law, int]] = {
    "TEMP": (air.temperature, 1),
    "HUMI": (air.humidity, 1),
    "CO2": (air.carbon_dioxide, 0),
    "O2": (air.oxygen, 2),
    "PM25": (air.dust, 0),
    "CO": (air.carbon_monoxide, 1),
    "LEL": (air.methane, 1),
    "H2S": (air.sulphide, 1),
    "NH3": (air.ammonia, 1),
    "RADON": (air.radon, 0),
    "TVOC": (air.organics, 2),
    "HCHO": (air.formaldehyde, 3),
    "TOXIC": (machines.quiet, 0),
    "WATER": (water.leak, 0),
    "SUMP": (water.sump, 0),
    "TANK": (water.tank, 1),
    "DP": (machines.overpressure, 1),
    "TILT": (machines.tilt, 2),
    "DOORST": (machines.door, 0),
    "FAN": (machines.fan, 0),
    "CURR": (machines.current, 2),
    "FILT_DUST": (machines.dust_filter, 0),
    "FILT_TOX": (machines.toxic_filter, 0),
    "WIND": (machines.wind, 2),
    "AIRP": (machines.pressure, 0),
    "INTRUDE": (machines.intrusion, 0),
    "VIDEO": (machines.video, 0),
    "POWER": (machines.mains, 1),
    "UPS": (machines.battery_backup, 0),
    "GEN": (machines.generator, 0),
    "SETTLE": (machines.settlement, 2),
    "BATTERY": (machines.battery, 0),
}


def values(spot: Spot, metric: str, t: Floats, effects: Sequence[Effect] = ()) -> Floats:
    """What a faultless device of this kind reads at the instants ``t`` (s since 1970)."""
    law, decimals = LAWS[metric]
    return np.round(law(Moment(spot, t, effects)), decimals)


def value(spot: Spot, metric: str, t: float, effects: Sequence[Effect] = ()) -> float:
    """The same for one instant."""
    return float(values(spot, metric, np.array([t], dtype=np.float64), effects)[0])

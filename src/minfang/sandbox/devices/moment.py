"""One device over some instants, with everything that happens around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minfang.sandbox.devices import effects as happening
from minfang.sandbox.devices import noise, weather
from minfang.sandbox.devices.effects import Effect
from minfang.sandbox.devices.fleet import Spot
from minfang.sandbox.devices.noise import Floats

BUSY_USES = {"COMMERCE": 1.0, "PARKING": 0.7, "CULTURE_SPORT": 0.8, "COMMUNITY": 0.6, "TRANSIT": 0.9}


@dataclass(frozen=True)
class Moment:
    """What a physical law of one device may look at."""

    spot: Spot
    t: Floats
    effects: Sequence[Effect] = ()

    def felt(self, kind: str) -> Floats:
        """How strongly a happening is under way here, 0 to 1."""
        if not self.effects:
            return np.zeros_like(self.t)
        return happening.level(self.effects, kind, self.spot.works_no, self.spot.unit, self.t)

    def rough(self, size: float, grain: float = 30.0, salt: int = 0) -> Floats:
        """Measuring noise of this device."""
        return np.asarray(size * noise.white(self.spot.seed + salt, self.t, grain))

    def own(self, low: float, high: float, salt: int = 0) -> float:
        """A property of this device, fixed for its life."""
        return noise.one(self.spot.seed + 104729 * (salt + 1), low, high)

    def shared(self, low: float, high: float, salt: int = 0) -> float:
        """A property of its unit."""
        return noise.one(self.spot.place_seed + 104729 * (salt + 1), low, high)

    @cached_property
    def people(self) -> Floats:
        """How busy the unit is, 0 to 1: rush hours, opening hours, weekends."""
        hour, day = weather.local_hour(self.t), weather.weekday(self.t)
        weekend = np.where(day >= 5, 1.0, 0.0)
        rush = np.exp(-(((hour - 8.4) / 1.1) ** 2)) + np.exp(-(((hour - 18.0) / 1.3) ** 2))
        opened = np.clip((hour - 8.5) / 1.5, 0, 1) * np.clip((21.0 - hour) / 1.5, 0, 1)
        shape = {
            "PARKING": np.clip(rush * (1.0 - 0.6 * weekend) + 0.25 * opened, 0, 1),
            "COMMERCE": opened * (0.6 + 0.4 * weekend),
        }.get(self.spot.use, opened * (1.0 - 0.7 * weekend))
        drift = 1.0 + 0.2 * noise.smooth(self.spot.place_seed + 1, self.t, 4000.0)
        crowd = np.clip(shape * drift * BUSY_USES.get(self.spot.use, 0.4), 0.0, 1.0)
        return np.maximum(crowd, 0.95 * self.felt(happening.EMERGENCY))

    @cached_property
    def mains(self) -> Floats:
        """1 with power, 0 without; a generator carries an emergency after half a minute."""
        return np.asarray(1.0 - self.felt(happening.BLACKOUT))

    @cached_property
    def airing(self) -> Floats:
        """Whether the unit's fans are meant to run and have power: 1 or 0."""
        hour, day = weather.local_hour(self.t), weather.weekday(self.t)
        begin = 9.0 + self.shared(0.0, 1.5, 3)
        length = self.shared(0.6, 1.0, 4)
        days = (day == 1) | (day == 4)
        planned = days & (hour >= begin) & (hour < begin + length)
        stuffy = (self.people > 0.62) & (self.spot.use in ("PARKING", "COMMERCE"))
        wanted = (
            planned | stuffy | (self.felt(happening.EMERGENCY) > 0.02) | (self.felt(happening.CO_RISE) > 0.5)
        )
        return np.where(wanted & (self.mains > 0.5), 1.0, 0.0)

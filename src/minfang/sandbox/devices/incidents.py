"""What happens by itself now and then: wet sumps on rainy days, short power cuts, fumes, chatty batches."""

from collections.abc import Iterator, Sequence

import numpy as np

from minfang.sandbox.devices import effects as happening
from minfang.sandbox.devices import noise, weather
from minfang.sandbox.devices.effects import Effect
from minfang.sandbox.devices.fleet import Fleet

DAY = 86400.0
# Chance a work and day, usual length in seconds.
USUAL = {
    happening.FLOOD: (0.05, 2400.0),
    happening.BLACKOUT: (0.008, 900.0),
    happening.CO_RISE: (0.02, 1500.0),
    happening.FAN_FAILURE: (0.015, 3600.0),
}
CHATTY_DAYS, CHATTY_SECONDS = 0.3, 7200.0


def between(fleet: Fleet, weak: Sequence[str], start: float, end: float) -> list[Effect]:
    """Everything that happens of itself between two instants (s); the same whenever it is asked."""
    first, last = int(weather.local_day(np.array([start]))[0]), int(weather.local_day(np.array([end]))[0])
    found = [effect for day in range(first, last + 1) for effect in _of_a_day(fleet, weak, day)]
    return [effect for effect in found if effect.until > start and effect.since < end]


def _of_a_day(fleet: Fleet, weak: Sequence[str], day: int) -> Iterator[Effect]:
    midnight = day * DAY - weather.EAST
    wet = float(weather.rained(np.array([midnight + DAY]))[0] - weather.rained(np.array([midnight]))[0])
    for works_no, spots in sorted(fleet.works.items()):
        units = sorted({spot.unit for spot in spots if spot.unit})
        for kind, (chance, length) in USUAL.items():
            seed = noise.seed_of(works_no, kind, day)
            if kind == happening.FLOOD and wet < 25.0:
                continue
            if noise.one(seed, 0, 1) < chance and units:
                unit = units[int(noise.one(seed + 1, 0, len(units) - 0.01))]
                since = midnight + noise.one(seed + 2, 6 * 3600, 20 * 3600)
                yield Effect(kind, works_no, unit, since, since + length * noise.one(seed + 3, 0.6, 1.6))
    for batch in weak:
        seed = noise.seed_of("chatty", batch, day)
        if noise.one(seed, 0, 1) < CHATTY_DAYS:
            since = midnight + noise.one(seed + 1, 0, 20 * 3600)
            yield Effect(happening.FALSE_ALARMS, "", "", since, since + CHATTY_SECONDS, batch)

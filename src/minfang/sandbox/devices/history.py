"""The past of the demonstration: what the same devices would have reported before it was started.

``python -m minfang.sandbox.devices.history --days 14 --done FILE`` loads it beside everything else, slowly
enough to be in nobody's way; run again it changes nothing, for the past does not change.
"""

import argparse
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from minfang.sandbox.devices import faults, incidents, noise, physics
from minfang.sandbox.devices.effects import Effect
from minfang.sandbox.devices.fleet import Fleet, Spot
from minfang.sandbox.devices.noise import Floats

if TYPE_CHECKING:
    from minfang.supervision.telemetry.batches import Batch

log = logging.getLogger(__name__)
STEP = 600.0
DAY = 86400.0
DEVICES_A_BATCH = 20
LINE_SECONDS = 1.5


def instants(spot: Spot, start: float, end: float, step: float = STEP) -> Floats:
    """When this device reported, on a grid of its own, so that the same instants are found again."""
    phase = noise.one(spot.seed + 51, 0.0, step)
    first = np.ceil((start - phase) / step) * step + phase
    return np.asarray(np.round(np.arange(first, end, step), 3), np.float64)


def column(
    spot: Spot, metric: str, start: float, end: float, step: float = STEP, effects: Sequence[Effect] = ()
) -> tuple[Floats, Floats]:
    """Instants and values of one metric, without those at which the device was silent."""
    t = instants(spot, start, end, max(step, float(spot.period) if spot.period > step else step))
    felt = [effect for effect in effects if effect.touches(spot.works_no, spot.unit)]
    said = faults.disturbed(spot, metric, t, physics.values(spot, metric, t, felt), felt)
    heard = ~np.isnan(said)
    return t[heard], said[heard]


def history(
    fleet: Fleet,
    start: float,
    end: float,
    step: float = STEP,
    weak: Sequence[str] = (),
    told: Mapping[int, float] = MappingProxyType({}),
) -> Iterator["Batch"]:
    """Batches of everything reported between two instants (s), some devices at a time.

    ``told``: from when on (s) readings of a series are there already and stand for themselves.
    """
    from minfang.supervision.telemetry import index

    effects = incidents.between(fleet, weak, start, end)
    spots = [spot for spot in fleet.spots if spot.metrics]
    numbers = index.learn({(spot.device_id, metric) for spot in spots for metric in spot.metrics})
    for first in range(0, len(spots), DEVICES_A_BATCH):
        part = list(spots[first : first + DEVICES_A_BATCH])
        pairs = [(s, m) for s in part for m in s.metrics if (s.device_id, m) in numbers]
        ends = {pair: min(end, told.get(numbers[pair[0].device_id, pair[1]], end)) for pair in pairs}
        columns = [
            (numbers[s.device_id, m], *column(s, m, start, ends[s, m], step, effects)) for s, m in pairs
        ]
        if columns:
            yield _batch(columns)


def _batch(columns: list[tuple[int, Floats, Floats]]) -> "Batch":
    from minfang.supervision.telemetry import batches

    series = np.concatenate([np.full(len(t), number, np.int32) for number, t, _ in columns])
    t = np.concatenate([t for _, t, _ in columns])
    ts = np.round(t * 1e6).astype(np.int64)
    received = ts + int(LINE_SECONDS * 1e6)
    value = np.concatenate([value for _, _, value in columns])
    return batches.build(series, ts, value, np.zeros(len(ts), np.int16), received, history=True)


def load(
    fleet: Fleet,
    start: float,
    end: float,
    weak: Sequence[str] = (),
    rest: float = 1.0,
    told: Mapping[int, float] = MappingProxyType({}),
) -> int:
    """Store the history, one transaction a batch; pauses ``rest`` times as long as it worked. Rows stored."""
    from django.db import transaction

    from minfang.supervision.telemetry import latest, partitions, store

    days = range(int((start + 8 * 3600) // DAY), int((end + 8 * 3600) // DAY) + 1)
    partitions.make(np.datetime64(day, "D").item() for day in days)
    stored, begun = 0, time.monotonic()
    for batch in history(fleet, start, end, weak=weak, told=told):
        with transaction.atomic():
            stored += store.write(batch).stored
        time.sleep(rest * (time.monotonic() - begun))
        begun = time.monotonic()
    latest.flush()
    return stored


def main() -> None:
    """Load the past of all devices in the registry and note that it is there."""
    parser = argparse.ArgumentParser(prog="minfang.sandbox.devices.history")
    parser.add_argument("--days", type=float, default=14)
    parser.add_argument("--done", type=Path, required=True)
    chosen = parser.parse_args()
    os.nice(15)
    import django

    django.setup()
    from minfang.sandbox.demo_alarms import curves
    from minfang.sandbox.devices import registry

    now = time.time()
    begun = time.monotonic()
    fleet, weak = registry.read(), registry.weak_batches()
    rows = load(fleet, now - chosen.days * DAY, now, weak, told=curves.told_since())
    seconds = round(time.monotonic() - begun, 1)
    chosen.done.write_text(json.dumps({"until": now, "days": chosen.days, "rows": rows, "seconds": seconds}))


if __name__ == "__main__":
    main()

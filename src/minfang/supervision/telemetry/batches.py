"""Readings on their way: a batch of columns, sorted by series and time."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from minfang.supervision.telemetry.definitions import load

Ints = NDArray[np.int64]
US = 1_000_000


@dataclass(frozen=True)
class Batch:
    """Columns of equal length, sorted by (series, ts), each key once.

    ``ts`` and ``received`` are microseconds since 1970 UTC. ``late``: not newer than what was known of the
    series. ``backfill``: came more than a day after it was measured, or from an import. ``repeated`` are rows
    (series, ts, first value, other value) of the same key with another value inside this batch.
    """

    series: NDArray[np.int32]
    ts: Ints
    value: NDArray[np.float64]
    quality: NDArray[np.int16]
    received: Ints
    late: NDArray[np.bool_]
    backfill: NDArray[np.bool_]
    repeated: tuple[tuple[int, int, float, float], ...] = field(default=())
    doubled: int = 0

    def __len__(self) -> int:
        return len(self.series)

    def where(self, mask: NDArray[np.bool_]) -> "Batch":
        """The rows the mask picks, still sorted."""
        return Batch(
            self.series[mask],
            self.ts[mask],
            self.value[mask],
            self.quality[mask],
            self.received[mask],
            self.late[mask],
            self.backfill[mask],
        )

    def with_late(self, late: NDArray[np.bool_]) -> "Batch":
        """The same with other marks of lateness."""
        return Batch(
            self.series,
            self.ts,
            self.value,
            self.quality,
            self.received,
            late,
            self.backfill,
            self.repeated,
            self.doubled,
        )


def build(
    series: Sequence[int] | NDArray[np.int32],
    ts: Sequence[int] | Ints,
    value: Sequence[float] | NDArray[np.float64],
    quality: Sequence[int] | NDArray[np.int16],
    received: Sequence[int] | Ints,
    history: bool = False,
) -> Batch:
    """Make a batch of columns in order of arrival: sorted, the first of equal keys kept.

    ``history`` marks every row as backfill (an import raises no alarms).
    """
    ids = np.asarray(series, np.int32)
    at = np.asarray(ts, np.int64)
    order = np.lexsort((at, ids))
    ids, at = ids[order], at[order]
    values = np.asarray(value, np.float64)[order]
    got = np.asarray(received, np.int64)[order]
    marks = np.asarray(quality, np.int16)[order]
    first = np.ones(len(ids), np.bool_)
    first[1:] = (ids[1:] != ids[:-1]) | (at[1:] != at[:-1])
    repeated: tuple[tuple[int, int, float, float], ...] = ()
    doubled = int(len(ids) - first.sum())
    if doubled:
        kept = np.maximum.accumulate(np.where(first, np.arange(len(ids)), 0))
        differs = np.flatnonzero(values != values[kept])
        repeated = tuple((int(ids[i]), int(at[i]), float(values[kept[i]]), float(values[i])) for i in differs)
        ids, at, values, marks, got = ids[first], at[first], values[first], marks[first], got[first]
    limit = int(load("telemetry")["time"]["backfill_hours"] * 3600 * US)
    backfill = np.ones(len(ids), np.bool_) if history else got - at > limit
    return Batch(ids, at, values, marks, got, np.zeros(len(ids), np.bool_), backfill, repeated, doubled)


def empty() -> Batch:
    """No readings."""
    return build([], [], [], [], [])

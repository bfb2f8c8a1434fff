"""Latest values: kept in memory, written when few have changed or a second has passed, never backwards."""

import time
from dataclasses import dataclass, field

import numpy as np
from django.db import connection, transaction

from minfang.supervision.telemetry.batches import Batch
from minfang.supervision.telemetry.definitions import load

Row = tuple[int, float, int, int]  # ts, value, quality, received

UPSERT = """
INSERT INTO tel_latest (series_id, ts, value, quality, received_at)
SELECT s, 'epoch'::timestamptz + t * interval '1 microsecond', v, q,
       'epoch'::timestamptz + r * interval '1 microsecond'
FROM unnest(%s::int[], %s::bigint[], %s::float8[], %s::smallint[], %s::bigint[]) AS new(s, t, v, q, r)
ORDER BY s
ON CONFLICT (series_id) DO UPDATE SET ts = excluded.ts, value = excluded.value, quality = excluded.quality,
    received_at = excluded.received_at
WHERE excluded.ts > tel_latest.ts
"""


@dataclass
class _Memory:
    known: dict[int, int] = field(default_factory=dict)  # newest committed event time of a series
    pending: dict[int, Row] = field(default_factory=dict)  # committed readings not yet in tel_latest
    flushed: float = 0.0


_memory = _Memory()


def forget() -> None:
    """Start without knowledge: a new process, a test."""
    _memory.known.clear()
    _memory.pending.clear()
    _memory.flushed = 0.0


def mark_late(batch: Batch) -> Batch:
    """The batch with rows marked that are not newer than what is known of their series."""
    known = _memory.known
    newest = np.fromiter((known.get(s, -(1 << 62)) for s in batch.series.tolist()), np.int64, len(batch))
    return batch.with_late(batch.ts <= newest)


def note(batch: Batch) -> None:
    """Take the newest of each series; written now or with a later batch, in memory only after the commit."""
    last = np.ones(len(batch), np.bool_)
    last[:-1] = batch.series[1:] != batch.series[:-1]
    picked = batch.where(last)
    rows = zip(
        picked.ts.tolist(),
        picked.value.tolist(),
        picked.quality.tolist(),
        picked.received.tolist(),
        strict=True,
    )
    newest: dict[int, Row] = dict(zip(picked.series.tolist(), rows, strict=True))
    due = _together(newest)
    rules = load("telemetry")["latest"]
    now = time.monotonic()
    write_now = len(due) <= rules["small"] or now - _memory.flushed >= rules["flush_seconds"]
    if write_now:
        _write(due)
    transaction.on_commit(lambda: _committed(newest, due if write_now else {}, now))


def _together(newest: dict[int, Row]) -> dict[int, Row]:
    known, due = _memory.known, dict(_memory.pending)
    for series, row in newest.items():
        if row[0] > known.get(series, -(1 << 62)):
            due[series] = row
    return due


def _committed(newest: dict[int, Row], written: dict[int, Row], at: float) -> None:
    known, pending = _memory.known, _memory.pending
    for series, row in newest.items():
        if row[0] > known.get(series, -(1 << 62)):
            known[series] = row[0]
            pending[series] = row
    for series, row in written.items():
        if pending.get(series) == row:
            del pending[series]
    if written:
        _memory.flushed = at


def _write(rows: dict[int, Row]) -> None:
    if not rows:
        return
    columns = zip(*((series, *row) for series, row in rows.items()), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, ["{" + ",".join(map(repr, column)) + "}" for column in columns])


@transaction.atomic
def flush() -> int:
    """Write what is still in memory; called when nothing arrives. How many series were due."""
    due = dict(_memory.pending)
    _write(due)
    transaction.on_commit(lambda: _committed({}, due, time.monotonic()))
    return len(due)


REPAIR = """
INSERT INTO tel_latest (series_id, ts, value, quality, received_at)
SELECT r.series_id, r.ts, r.value, r.quality, r.received_at
FROM tel_series s LEFT JOIN tel_latest l ON l.series_id = s.id
CROSS JOIN LATERAL (
    SELECT * FROM tel_reading r WHERE r.series_id = s.id AND r.ts > coalesce(l.ts, '-infinity')
    ORDER BY r.ts DESC LIMIT 1
) r
ON CONFLICT (series_id) DO UPDATE SET ts = excluded.ts, value = excluded.value, quality = excluded.quality,
    received_at = excluded.received_at
WHERE excluded.ts > tel_latest.ts
"""


@transaction.atomic
def repair() -> None:
    """Bring the table up to the stored readings and learn what is known; a process does this at its start."""
    forget()
    with connection.cursor() as cursor:
        cursor.execute(REPAIR)
        cursor.execute("SELECT series_id, (extract(epoch FROM ts) * 1000000)::bigint FROM tel_latest")
        _memory.known.update(cursor.fetchall())

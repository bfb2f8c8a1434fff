"""Five-minute and hourly figures, made again wherever readings arrived since."""

from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection, transaction

from minfang.supervision.telemetry.batches import US, Batch
from minfang.supervision.telemetry.definitions import load
from minfang.supervision.telemetry.models import Unrolled

HOUR_US = 3600 * US
FIVE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
Stretch = tuple[int, int, datetime, datetime]  # series from, to (both in), instants from (in), to (out)

ROLL_5M = """
INSERT INTO tel_rollup_5m (series_id, ts, count, total, low, high)
SELECT s.id, r.* FROM tel_series s CROSS JOIN LATERAL (
    SELECT date_bin('5 minutes', ts, 'epoch'::timestamptz), count(*), sum(value), min(value), max(value)
    FROM tel_reading WHERE series_id = s.id AND ts >= %s AND ts < %s AND quality < 3 GROUP BY 1
) r WHERE s.id BETWEEN %s AND %s
ON CONFLICT (series_id, ts) DO UPDATE SET
    count = excluded.count, total = excluded.total, low = excluded.low, high = excluded.high
"""
ROLL_1H = """
INSERT INTO tel_rollup_1h (series_id, ts, count, total, low, high)
SELECT s.id, r.* FROM tel_series s CROSS JOIN LATERAL (
    SELECT date_bin('1 hour', ts, 'epoch'::timestamptz), sum(count), sum(total), min(low), max(high)
    FROM tel_rollup_5m WHERE series_id = s.id AND ts >= %s AND ts < %s GROUP BY 1
) r WHERE s.id BETWEEN %s AND %s
ON CONFLICT (series_id, ts) DO UPDATE SET
    count = excluded.count, total = excluded.total, low = excluded.low, high = excluded.high
"""


def mark(batch: Batch) -> None:
    """Note which roll-ups this batch makes stale, in the batch's transaction."""
    low, high = int(batch.ts.min()), int(batch.ts.max())
    if high - low <= HOUR_US:
        _note([(int(batch.series[0]), int(batch.series[-1]), low, high)])
        return
    starts = np.flatnonzero(np.r_[True, batch.series[1:] != batch.series[:-1]])
    ends = np.r_[starts[1:], len(batch)] - 1
    _note(
        [
            (int(batch.series[a]), int(batch.series[a]), int(batch.ts[a]), int(batch.ts[b]))
            for a, b in zip(starts, ends, strict=True)
        ]
    )


def _note(ranges: list[tuple[int, int, int, int]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO tel_unrolled (series_from, series_to, ts_from, ts_to) "
            "VALUES (%s, %s, to_timestamp(%s), to_timestamp(%s))",
            [(a, b, low / US, high / US) for a, b, low, high in ranges],
        )


def roll() -> int:
    """Make stale roll-ups again; how many marks were worked off. Exact: a later reading makes a new mark."""
    done = 0
    while taken := _turn(int(load("telemetry")["rollup"]["turn_ranges"])):
        done += taken
    return done


@transaction.atomic
def _turn(limit: int) -> int:
    """One transaction: take marks, make their five minutes and hours anew, remove the marks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7310020)")  # one at a time: newer figures win
    marks = list(Unrolled.objects.order_by("pk")[:limit])
    if not marks:
        return 0
    stretches = merge([(m.series_from, m.series_to, m.ts_from, m.ts_to) for m in marks])
    with connection.cursor() as cursor:
        for low, high, start, end in stretches:
            cursor.execute(ROLL_5M, [start, end, low, high])
        for low, high, start, end in stretches:
            cursor.execute(ROLL_1H, [_floor(start, HOUR), _floor(end - FIVE, HOUR) + HOUR, low, high])
    Unrolled.objects.filter(pk__in=[m.pk for m in marks]).delete()
    return len(marks)


def _floor(instant: datetime, step: timedelta) -> datetime:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + (instant - epoch) // step * step


def merge(ranges: list[Stretch]) -> list[Stretch]:
    """Whole five minutes that cover these ranges; short ones that touch in time become one for all series."""
    short: list[Stretch] = []
    done: list[Stretch] = []
    for low, high, start, end in ranges:
        stretch = (low, high, _floor(start, FIVE), _floor(end, FIVE) + FIVE)
        (short if end - start <= HOUR else done).append(stretch)
    for low, high, start, end in sorted(short, key=lambda stretch: stretch[2]):
        if done and done[-1][3] >= start and done[-1][2] <= start and _is_short(done[-1]):
            last = done.pop()
            done.append((min(last[0], low), max(last[1], high), last[2], max(last[3], end)))
        else:
            done.append((low, high, start, end))
    return done


def _is_short(stretch: Stretch) -> bool:
    return stretch[3] - stretch[2] <= 2 * HOUR

"""What is known of readings: series numbers, curves, stretches of history, latest values."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import connection

from minfang.supervision.telemetry.batches import Batch, build
from minfang.supervision.telemetry.index import series_index

__all__ = ["between", "curve", "series_index"]

Point = tuple[datetime, float, float, float]

CURVE = """
SELECT date_bin(%s::interval, ts, %s), min(value), avg(value), max(value) FROM tel_reading
WHERE series_id = %s AND ts >= %s AND ts < %s AND quality < 3 GROUP BY 1 ORDER BY 1
"""
STRETCH = """
SELECT series_id, (extract(epoch FROM ts) * 1000000)::bigint, value, quality,
       (extract(epoch FROM received_at) * 1000000)::bigint
FROM tel_reading WHERE series_id = ANY(%s) AND ts >= %s AND ts < %s ORDER BY ts, series_id
"""


def curve(series_id: int, start: datetime, end: datetime, points: int = 600) -> list[Point]:
    """About ``points`` (instant, least, mean, greatest) between two instants; bad readings left out."""
    seconds = max((end - start).total_seconds() / max(points, 1), 0.001)
    with connection.cursor() as cursor:
        cursor.execute(CURVE, [f"{seconds} seconds", start, series_id, start, end])
        return list(cursor.fetchall())


def between(series_ids: Sequence[int], start: datetime, end: datetime, size: int = 20_000) -> Iterator[Batch]:
    """The stored readings of these series in order of time, in batches that do not fill the memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(STRETCH, [list(series_ids), start, end])
        while rows := cursor.fetchmany(size):
            series, ts, value, quality, received = zip(*rows, strict=True)
            yield build(series, ts, value, quality, received)

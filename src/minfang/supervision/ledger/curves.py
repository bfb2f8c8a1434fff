"""Curves of any length in a few hundred points: from roll-ups where they are whole, else from readings."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min

from minfang.kernel.base import clock
from minfang.supervision.ledger.definitions import limits
from minfang.supervision.telemetry.models import Unrolled

Columns = tuple[list[int], list[float], list[float], list[float]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROLLED = """
SELECT (extract(epoch FROM date_bin(%s::interval, ts, 'epoch'::timestamptz)) * 1000)::bigint AS at,
       min(low), sum(total) / sum(count), max(high)
FROM {table} WHERE series_id = %s AND ts >= %s AND ts < %s GROUP BY 1 ORDER BY 1
"""
BINNED = """
SELECT (extract(epoch FROM date_bin(%s::interval, ts, 'epoch'::timestamptz)) * 1000)::bigint AS at,
       min(value), avg(value), max(value)
FROM tel_reading WHERE series_id = %s AND ts >= %s AND ts < %s AND quality < 3 GROUP BY 1 ORDER BY 1
"""
SINGLE = """
SELECT (extract(epoch FROM ts) * 1000)::bigint, value, value, value
FROM tel_reading WHERE series_id = %s AND ts >= %s AND ts < %s AND quality < 3 ORDER BY ts LIMIT %s
"""
TABLES = ((3600, "tel_rollup_1h"), (300, "tel_rollup_5m"))


def curve(series_id: int, since: datetime, until: datetime, points: int) -> tuple[int, Columns]:
    """Grain in seconds (0: every reading) and the columns instant (ms), least, mean, greatest."""
    few = _rows(SINGLE, [series_id, since, until, points + 1])
    if len(few) <= points:
        return 0, _columns(few)
    grain = _grain((until - since).total_seconds() / points)
    for step, table in TABLES:
        if grain >= step and grain % step == 0:
            return grain, _columns(_mixed(series_id, since, until, grain, table))
    return grain, _columns(_rows(BINNED, [f"{grain} seconds", series_id, since, until]))


def _grain(seconds: float) -> int:
    """A whole number of seconds, five minutes or hours not shorter than that."""
    for step in (3600, 300):
        if seconds > step:
            return -int(-seconds // step) * step
    return max(int(-(-seconds // 1)), 1)


def _mixed(series_id: int, since: datetime, until: datetime, grain: int, table: str) -> list[Any]:
    """Roll-ups up to where they are whole, readings behind; both in the same bins."""
    edge = _whole_until(series_id, since, until, grain)
    width = f"{grain} seconds"
    rolled = _rows(ROLLED.format(table=table), [width, series_id, _floor(since, grain), edge])
    return rolled + _rows(BINNED, [width, series_id, max(edge, since), until])


def _whole_until(series_id: int, since: datetime, until: datetime, grain: int) -> datetime:
    """The bin from which roll-ups may be missing: the newest stretch, or what arrived late since."""
    stale = Unrolled.objects.filter(series_from__lte=series_id, series_to__gte=series_id, ts_to__gte=since)
    first = stale.aggregate(first=Min("ts_from"))["first"]
    edge = clock.now() - timedelta(hours=limits()["fresh_hours"])
    return _floor(min([edge, until, *([first] if first else [])]), grain)


def _floor(instant: datetime, grain: int) -> datetime:
    width = timedelta(seconds=grain)
    return EPOCH + (instant - EPOCH) // width * width


def _rows(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _columns(rows: list[Any]) -> Columns:
    at, low, mean, high = zip(*rows, strict=True) if rows else ((), (), (), ())
    return list(at), list(low), list(mean), list(high)

"""Units by kinds of sensors (115): what is measured inside and outside each unit, with its alarms."""

from datetime import timedelta

from django.db import connection

from minfang.kernel.base import clock
from minfang.registry.models import ProtectiveUnit, Works
from minfang.supervision.live import parts
from minfang.supervision.live.definitions import load
from minfang.supervision.live.points import Point, Snapshot
from minfang.supervision.live.schemas import (
    LiveCellOut,
    LiveMatrixOut,
    LiveMetricOut,
    LiveRowOut,
    LiveTrendOut,
    LiveTrendsOut,
)
from minfang.supervision.telemetry import metrics

# PostgreSQL's own: date_bin over the readings of one work.
TRENDS = """
SELECT r.series_id, floor(extract(epoch FROM r.ts - %s) / %s)::int AS place, avg(r.value)
FROM tel_reading r
WHERE r.series_id = ANY(%s) AND r.ts >= %s AND r.ts < %s AND r.quality < 3 GROUP BY 1, 2
"""
SERIES = (
    "SELECT s.id FROM tel_series s JOIN reg_device d ON d.id = s.device_id "
    "WHERE d.works_id = %s AND d.retired_at IS NULL"
)


def view(snapshot: Snapshot) -> LiveMatrixOut:
    """Rows are units, the work's own devices last; columns the kinds there are, in the handbook's order."""
    there = {point.metric.code for point in snapshot.points}
    columns = [metric for code, metric in metrics.catalogue().items() if code in there]
    units: list[ProtectiveUnit | None] = [*snapshot.units]
    if snapshot.by_unit.get(None):
        units.append(None)
    return LiveMatrixOut(
        head=parts.head(snapshot),
        metrics=[
            LiveMetricOut(code=one.code, name=one.name, unit=one.unit, category=one.category)
            for one in columns
        ],
        rows=[_row(snapshot, unit, [metric.code for metric in columns]) for unit in units],
    )


def _row(snapshot: Snapshot, unit: ProtectiveUnit | None, codes: list[str]) -> LiveRowOut:
    points = snapshot.by_unit.get(unit.pk if unit else None, [])
    return LiveRowOut(
        id=unit.pk if unit else None,
        name=unit.name if unit else "工程公共",
        floor=unit.floor.name if unit and unit.floor else "",
        level=parts.worst_level(row["level"] for row in snapshot.alarms_of(unit.pk if unit else None)),
        cells=[_cell(snapshot, points, code) for code in codes],
    )


def _cell(snapshot: Snapshot, points: list[Point], code: str) -> LiveCellOut:
    there = [point for point in points if point.metric.code == code]
    return LiveCellOut(
        metric=code,
        inside=parts.points_out((p for p in there if not p.device.outside), snapshot),
        outside=parts.points_out((p for p in there if p.device.outside), snapshot),
    )


def trends(works: Works) -> LiveTrendsOut:
    """The last hours of every series of a work in equal spans; two queries."""
    rules = load("live")["time"]
    end = clock.now()
    start = end - timedelta(hours=rules["trend_hours"])
    spans = int(rules["trend_points"])
    with connection.cursor() as cursor:
        cursor.execute(SERIES, [works.pk])
        series = [row[0] for row in cursor.fetchall()]
        step = rules["trend_hours"] * 3600 / spans
        cursor.execute(TRENDS, [start, step, series, start, end])
        rows = cursor.fetchall()
    return LiveTrendsOut(start=start, end=end, trends=_filled(rows, spans))


def _filled(rows: list[tuple[int, int, float]], spans: int) -> list[LiveTrendOut]:
    found: dict[int, list[float | None]] = {}
    for number, place, mean in rows:
        values = found.setdefault(number, [None] * spans)
        values[min(place, spans - 1)] = round(mean, 3)
    return [LiveTrendOut(series_id=number, values=values) for number, values in sorted(found.items())]

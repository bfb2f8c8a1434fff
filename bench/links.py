"""Stock history from another database, and the ledger over a large store."""

import time
from datetime import datetime, timedelta
from typing import Any

from bench.load import User, timed_page
from bench.measure import Result, quantile, times_of
from bench.world import World, session_of, works_for_measuring

LINK_ROWS, LINK_DEVICES, PAGE_SIZE = 200_000, 200, 20_000
EXPORT_ROWS, YEAR_MINUTES, RUNS = 1_000_000, 365 * 24 * 60, 20
LINK_TARGET, LIST_TARGET, CURVE_TARGET, MEMORY_TARGET = 20_000.0, 0.1, 0.3, 50.0
PERSON = "gu.lianchuan"
OUTSIDE = """
CREATE SCHEMA bench_outside;
CREATE TABLE bench_outside.readings (id bigint PRIMARY KEY, at timestamptz, dev text, val float8);
INSERT INTO bench_outside.readings
SELECT n, timestamptz '2026-01-01' + (n / {devices}) * interval '1 minute', 'lnk-' || n % {devices},
       CASE WHEN n % 1000 = 0 THEN 45 ELSE 15 + n % 10 END
FROM generate_series(1, {rows}) n;
GRANT USAGE ON SCHEMA bench_outside TO PUBLIC;
GRANT SELECT ON bench_outside.readings TO PUBLIC;
ANALYZE bench_outside.readings;
"""
YEAR = """
INSERT INTO tel_reading (series_id, ts, value, quality, received_at)
SELECT %s, %s::timestamptz + n * interval '1 minute', 20 + n %% 100 / 10.0, 0, now()
FROM generate_series(0, %s - 1) n
"""


def full(_: World) -> list[Result]:
    """A full copy of a table of another database: read, matched to series, stored, judged, counted back."""
    from django.db import connection

    from minfang.supervision.links import jobs
    from minfang.supervision.links.actions import links, sources

    _outside()
    access, found = _access(), connection.settings_dict
    place = {"host": found["HOST"], "port": int(found["PORT"]), "database": found["NAME"]}
    account = {"username": found["USER"], "password": found["PASSWORD"], "schema_name": "bench_outside"}
    source = sources.create(access, {"name": "测量源", "kind": "POSTGRES", **place, **account})
    mapping = {"device": "dev", "ts": "at", "values": [{"column": "val", "metric": "TEMP"}]}
    link = links.create(
        access,
        {
            "source_id": source.pk,
            "name": "测量链路",
            "target": "READINGS",
            "relation": "readings",
            "mapping": mapping,
            "sync_kind": "FULL",
            "key_columns": ["id"],
            "time_zone": "Asia/Shanghai",
            "page_size": PAGE_SIZE,
            "overlap": 0,
            "retries": 0,
        },
    )
    _due(link.pk)
    begun = time.perf_counter()
    assert jobs.run_now(link.pk)
    seconds = time.perf_counter() - begun
    run = link.runs.get()
    if run.state != "SUCCEEDED":
        raise RuntimeError(f"{run.state} {run.error}")
    rate = run.written / seconds
    note = f"{rate:.0f} 行/秒，{run.written} 行，千分之一越限，含两次计数核对"
    return [Result("链路全量同步 10 万行", 100_000 / rate, "s", 100_000 / LINK_TARGET, note=note)]


def ledger(world: World) -> list[Result]:
    """A page of 500 series, a year of one series as a curve, a million rows as CSV."""
    from minfang.supervision.ledger import curves

    access = _access()
    user = User(world.url, session_of(access.person))
    listed = timed_page(user, "台账 500 个序列", "/api/office/telemetry/series?size=500", LIST_TARGET)
    series, since = _year_of_one()
    until = since + timedelta(minutes=YEAR_MINUTES)
    drawn = times_of(lambda: curves.curve(series, since, until, 800), RUNS)
    grown, seconds, rows = _exported(access, series, since, until)
    return [
        listed,
        Result(
            "一年的曲线", quantile(drawn), "s", CURVE_TARGET, quantile(drawn, 0.5), note=f"{YEAR_MINUTES} 条"
        ),
        Result("台账导出的内存增长", grown, "MB", MEMORY_TARGET, note=f"{rows} 行，{seconds:.0f} 秒"),
    ]


def _access() -> Any:
    from minfang.kernel.iam.access import Access
    from minfang.kernel.iam.models import Person

    return Access(Person.objects.get(username=PERSON))


def _due(link: int) -> None:
    from minfang.kernel.base import clock
    from minfang.supervision.links.models import DataLink

    DataLink.objects.filter(pk=link).update(next_run_at=clock.now())


def _devices(prefix: str, count: int) -> list[Any]:
    from minfang.registry.models import Device

    works = works_for_measuring("RF-310101-GY-2026-9997")
    names = [f"{prefix}-{n}" for n in range(count)]
    rows = (Device(works=works, device_no=f"N-{n}", device_id=n, sensor_type="TEMP", name=n) for n in names)
    Device.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Device.objects.filter(device_id__in=names).order_by("pk"))


def _outside() -> None:
    """A table of another system, in a schema of its own, really connected to."""
    from django.db import connection

    from minfang.project import privileges

    _devices("lnk", LINK_DEVICES)
    with privileges.as_owner(), connection.cursor() as cursor:
        cursor.execute(OUTSIDE.format(devices=LINK_DEVICES, rows=LINK_ROWS))


def _year_of_one() -> tuple[int, datetime]:
    """Two series with a reading a minute over the last year, rolled up as the worker does it."""
    from django.db import connection

    from minfang.kernel.base import clock
    from minfang.project import privileges
    from minfang.supervision.telemetry import partitions, rollups
    from minfang.supervision.telemetry.actions import series_of
    from minfang.supervision.telemetry.models import Unrolled

    series = [series_of(device, "TEMP").pk for device in _devices("year", 2)]
    since = (clock.now() - timedelta(minutes=YEAR_MINUTES)).replace(minute=0, second=0, microsecond=0)
    with privileges.as_owner():
        partitions.make(since.date() + timedelta(days=day) for day in range(366))
        with connection.cursor() as cursor:
            for one in series:
                cursor.execute(YEAR, [one, since, YEAR_MINUTES])
            cursor.execute("ANALYZE tel_reading")
    Unrolled.objects.create(
        series_from=min(series),
        series_to=max(series),
        ts_from=since,
        ts_to=since + timedelta(minutes=YEAR_MINUTES),
    )
    while rollups.roll():
        pass
    return series[0], since


def _exported(access: Any, series: int, since: datetime, until: datetime) -> tuple[float, float, int]:
    """Growth of this process in MB while a million rows go out, seconds, rows."""
    import psutil

    from minfang.supervision.ledger import exports
    from minfang.supervision.ledger.wanted import Chosen, Stretch

    listed = f"{series},{series + 1}"
    export = exports.prepare(access, listed, Chosen(), Stretch(since, until), 10 * EXPORT_ROWS)
    process = psutil.Process()
    before = most = process.memory_info().rss
    begun, size = time.perf_counter(), 0
    for piece in export.as_csv():
        size += len(piece)
        most = max(most, process.memory_info().rss)
    return (most - before) / 1024 / 1024, time.perf_counter() - begun, export.count()

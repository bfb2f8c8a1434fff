"""A real MariaDB as the source: every kind of synchronisation over the MySQL protocol."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pymysql  # type: ignore[import-untyped]
import pytest
from tests.supervision.links.conftest import World
from tests.support.servers import MARIADB, NO_MARIADB, mariadb

from minfang.kernel.base import clock
from minfang.supervision.links import browsing, jobs
from minfang.supervision.links.actions import leasing, running, sources
from minfang.supervision.links.models import DataLink, DataSource, LinkRun
from minfang.supervision.telemetry.models import Reading

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(MARIADB is None, reason=NO_MARIADB)]
SHANGHAI_BEGIN = datetime(2026, 3, 1, 8)  # noqa: DTZ001 -- the column has no zone
ACCOUNTS = [
    "CREATE DATABASE outside CHARACTER SET utf8mb4;",
    "CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'secret-1';",
    "GRANT ALL ON outside.* TO 'reader'@'127.0.0.1';",
    "CREATE TABLE outside.readings (id BIGINT PRIMARY KEY, at DATETIME(3), dev VARCHAR(40), "
    "kind VARCHAR(20), val DECIMAL(10,3), KEY (at));",
]
DATED = {"sync_kind": "INCR_DATE", "watermark_column": "at"}
BY_ID = {"sync_kind": "INCR_ID", "watermark_column": "id", "key_columns": []}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with mariadb(tmp_path_factory.mktemp("mariadb"), ACCOUNTS) as port:
        yield port


@pytest.fixture
def theirs(server: int) -> Iterator["pymysql.Connection[Any]"]:
    """A connection of the foreign system itself, its table empty."""
    account = {"user": "reader", "password": "secret-1", "database": "outside"}
    with pymysql.connect(host="127.0.0.1", port=server, autocommit=True, **account) as found:
        with found.cursor() as cursor:
            cursor.execute("TRUNCATE readings")
        yield found


@pytest.fixture
def mysql(world: World, server: int, theirs: Any) -> World:
    """The world with MariaDB as its source."""
    place = {"kind": "MYSQL", "host": "127.0.0.1", "port": server, "database": "outside"}
    values = {"name": "MySQL 平台", **place, "username": "reader", "password": "secret-1"}
    world.source = sources.create(world.manager, values)
    return world


def fill(theirs: Any, rows: int, *, start: int = 1, at: datetime = SHANGHAI_BEGIN, step: float = 60) -> None:
    """Rows with ids in a row, ``step`` seconds apart (0: all at the same time)."""
    lines = [
        (n, at + timedelta(seconds=step * (n - 1)), f"dev-{n % 3}", "温度", 20 + n / 1000)
        for n in range(start, start + rows)
    ]
    with theirs.cursor() as cursor:
        cursor.executemany("INSERT INTO readings VALUES (%s, %s, %s, %s, %s)", lines)


def counts(run: LinkRun) -> tuple[str, int, int, int]:
    return run.state, run.read, run.written, run.duplicates


def test_stock_comes_whole_and_once_with_names_and_local_times_as_meant(mysql: World, theirs: Any) -> None:
    fill(theirs, 450)
    link = mysql.link()
    assert [row.name for row in browsing.tables(mysql.source)] == ["readings"]
    first = mysql.run(link)
    assert counts(first) == ("SUCCEEDED", 450, 450, 0), first.error
    assert (first.source_count, first.store_count) == (450, 450)
    assert counts(mysql.run(link)) == ("SUCCEEDED", 450, 0, 450)
    reading = Reading.objects.order_by("ts").first()
    assert reading is not None
    assert reading.ts.isoformat() == "2026-03-01T00:00:00+00:00"


@pytest.mark.parametrize("page", [100, 101])
def test_rows_of_one_instant_at_the_end_of_a_page_and_at_the_watermark_arrive(
    mysql: World, theirs: Any, page: int
) -> None:
    """250 rows a minute, three devices of two kinds: most are doubles here, and every one is read."""
    with theirs.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO readings VALUES (%s, %s, %s, %s, %s)",
            [
                (n, SHANGHAI_BEGIN + timedelta(minutes=n // 250), f"dev-{n % 3}", "HUMI", 5)
                for n in range(1, 501)
            ],
        )
    link = mysql.link(**DATED, page_size=page)
    run = mysql.run(link)
    assert (run.state, run.read, run.source_count) == ("SUCCEEDED", 500, 500), run.error
    link.refresh_from_db()
    fill(theirs, 1, start=900, at=SHANGHAI_BEGIN + timedelta(minutes=2), step=0)
    assert mysql.run(link).written == 1


def test_ids_go_on_behind_the_greatest_and_a_relative_range_is_read_again(mysql: World, theirs: Any) -> None:
    now = datetime.now() - timedelta(minutes=60)  # noqa: DTZ005 -- the column has no zone
    fill(theirs, 30, at=now.replace(microsecond=0), step=60)
    by_id = mysql.link(**BY_ID)
    assert counts(mysql.run(by_id)) == ("SUCCEEDED", 30, 30, 0)
    fill(theirs, 7, start=500, step=1)
    assert counts(mysql.run(by_id)) == ("SUCCEEDED", 7, 7, 0)
    recent = mysql.link(sync_kind="PARTIAL_FULL", watermark_column="at", range_hours=24)
    assert counts(mysql.run(recent)) == ("SUCCEEDED", 30, 0, 30)


@pytest.mark.parametrize("sync", [{}, BY_ID, DATED], ids=["full", "by id", "by date"])
def test_a_run_that_dies_goes_on_where_it_was(
    mysql: World, theirs: Any, monkeypatch: pytest.MonkeyPatch, sync: dict[str, Any]
) -> None:
    fill(theirs, 600)
    link = mysql.link(**sync)
    count, seen = running._count, iter(range(1, 1000))

    class Killed(BaseException):
        """The process is gone."""

    def die(*rest: Any) -> None:
        count(*rest)
        if next(seen) == 3:
            raise Killed

    monkeypatch.setattr(running, "_count", die)
    DataLink.objects.filter(pk=link.pk).update(next_run_at=clock.now())
    with pytest.raises(Killed):
        jobs.run_now(link.pk)
    assert Reading.objects.count() == 200
    DataLink.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert leasing.take_back_lost() == 1
    assert jobs.run_now(link.pk)
    run = link.runs.get()
    assert counts(run)[:3] == ("SUCCEEDED", 600, 600), run.error
    assert Reading.objects.count() == 600


def test_a_connection_changes_nothing_and_a_wrong_password_is_told(mysql: World, theirs: Any) -> None:
    fill(theirs, 3)
    steps = sources.test(mysql.manager, mysql.source.pk)
    assert all(step.passed for step in steps), steps
    with theirs.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM readings")
        assert cursor.fetchone()[0] == 3
    from minfang.supervision.links.engines import connected

    with connected(mysql.source) as found, pytest.raises(Exception, match="READ ONLY"):
        found.exec_driver_sql("DELETE FROM readings")
    broken = DataSource.objects.get(pk=mysql.source.pk)
    broken.password = "wrong"
    broken.save()
    assert [step.passed for step in sources.test(mysql.manager, broken.pk)][-1] is False

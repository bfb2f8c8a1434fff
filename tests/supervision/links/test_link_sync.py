"""Rows of another database arrive once each, whatever happens on the way."""

from datetime import timedelta
from typing import Any

import pytest
from tests.supervision.links.conftest import BEGIN, SCHEMA, World

from minfang.kernel.base import clock
from minfang.supervision.links import jobs
from minfang.supervision.links.actions import leasing, running, runs
from minfang.supervision.links.models import DataLink, LinkRun
from minfang.supervision.telemetry.models import Conflict, Reading

pytestmark = pytest.mark.django_db
DATED = {"sync_kind": "INCR_DATE", "watermark_column": "at"}
BY_ID = {"sync_kind": "INCR_ID", "watermark_column": "id", "key_columns": []}


def counts(run: LinkRun) -> tuple[str, int, int, int]:
    return run.state, run.read, run.written, run.duplicates


@pytest.mark.feature(80)
def test_stock_history_comes_whole_and_once(world: World) -> None:
    world.outside.fill(1050)
    link = world.link()
    first = world.run(link)
    assert counts(first) == ("SUCCEEDED", 1050, 1050, 0), first.error
    assert (first.expected, first.source_count, first.store_count) == (1050, 1050, 1050)
    again = world.run(link)
    assert counts(again) == ("SUCCEEDED", 1050, 0, 1050)
    assert Reading.objects.count() == 1050


@pytest.mark.feature(85)
def test_ids_with_gaps_go_on_behind_the_greatest(world: World) -> None:
    world.outside.fill(150)
    world.outside.fill(30, start=100_000)
    link = world.link(**BY_ID)
    assert counts(world.run(link)) == ("SUCCEEDED", 180, 180, 0)
    world.outside.fill(7, start=200_000)
    assert counts(world.run(link)) == ("SUCCEEDED", 7, 7, 0)
    link.refresh_from_db()
    assert link.watermark == {"n": 200_006}


@pytest.mark.feature(85)
@pytest.mark.parametrize("page", [100, 101, 173])
def test_rows_of_one_instant_at_the_end_of_a_page_are_neither_lost_nor_read_for_ever(
    world: World, page: int
) -> None:
    world.outside.run(
        f"INSERT INTO {SCHEMA}.readings SELECT n, %s + (n / 250) * interval '1 minute', 'dev-' || n %% 3, "
        "CASE n %% 2 WHEN 0 THEN 'TEMP' ELSE 'HUMI' END, n FROM generate_series(1, 500) n",
        [BEGIN],
    )
    run = world.run(world.link(**DATED, page_size=page))
    assert (run.state, run.read, run.source_count) == ("SUCCEEDED", 500, 500), run.error


def test_rows_that_appear_at_the_watermark_later_are_found(world: World) -> None:
    world.outside.fill(10, step=0)
    link = world.link(**DATED)
    world.outside.run(f"UPDATE {SCHEMA}.readings SET dev = 'dev-0', kind = 'TEMP' WHERE id > 1")
    world.outside.run(f"DELETE FROM {SCHEMA}.readings WHERE id > 1")
    assert counts(world.run(link)) == ("SUCCEEDED", 1, 1, 0)
    world.outside.run(f"INSERT INTO {SCHEMA}.readings VALUES (50, %s, 'dev-2', 'TEMP', 30)", [BEGIN])
    assert counts(world.run(link)) == ("SUCCEEDED", 2, 1, 1)


def test_rows_committed_late_behind_the_watermark_are_found_by_looking_back(world: World) -> None:
    world.outside.fill(20)
    link = world.link(**DATED, overlap=600)
    world.run(link)
    world.outside.run(
        f"INSERT INTO {SCHEMA}.readings VALUES (99, %s, 'dev-0', 'TEMP', 1)",
        [BEGIN + timedelta(minutes=15, seconds=5)],
    )
    run = world.run(link)
    assert run.written == 1
    assert run.state == "SUCCEEDED"


def test_a_row_dated_far_ahead_stops_nothing_and_is_told(world: World) -> None:
    world.outside.fill(5)
    world.outside.run(f"INSERT INTO {SCHEMA}.readings VALUES (6, '2099-01-01', 'dev-0', 'TEMP', 1)")
    link = world.link(**DATED)
    run = world.run(link)
    assert (run.written, run.failed) == (5, 1)
    assert run.refusals.get().code == "FUTURE"
    world.outside.fill(3, start=10)
    link.refresh_from_db()
    DataLink.objects.filter(pk=link.pk).update(watermark={"t": (BEGIN + timedelta(minutes=5)).isoformat()})
    assert world.run(link).written == 3


@pytest.mark.feature(85)
def test_a_relative_range_is_read_whole_again(world: World) -> None:
    now = clock.now()
    world.outside.fill(48, at=now - timedelta(hours=49), step=3600)
    link = world.link(sync_kind="PARTIAL_FULL", watermark_column="at", range_hours=24)
    run = world.run(link)
    assert (run.state, run.read) == ("SUCCEEDED", 23)
    assert counts(world.run(link)) == ("SUCCEEDED", 23, 0, 23)


def test_times_without_a_zone_are_read_in_the_zone_of_the_link(world: World) -> None:
    world.outside.run(f"ALTER TABLE {SCHEMA}.readings ALTER at TYPE timestamp")
    world.outside.run(f"INSERT INTO {SCHEMA}.readings VALUES (1, '2026-03-01 08:00', 'dev-0', 'TEMP', 5)")
    world.run(world.link(**DATED))
    assert Reading.objects.get().ts == BEGIN


def test_a_source_that_changes_while_it_is_read_is_read_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.outside.fill(300, start=1000)
    take, once = running._take, [True]

    def meddle(run: LinkRun, *rest: Any) -> bool:
        if once:
            once.pop()
            world.outside.fill(10, start=5)
        return take(run, *rest)

    monkeypatch.setattr(running, "_take", meddle)
    run = world.run(world.link())
    assert counts(run) == ("SUCCEEDED", 310, 310, 0)
    assert Reading.objects.count() == 310


def test_a_source_that_never_tallies_is_no_success(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.outside.fill(250, start=100_000)
    take, number = running._take, iter(range(1, 1000))

    def meddle(run: LinkRun, *rest: Any) -> bool:
        taken = take(run, *rest)
        world.outside.fill(1, start=next(number))
        return taken

    monkeypatch.setattr(running, "_take", meddle)
    run = world.run(world.link())
    assert run.state == "MISMATCH"
    assert "源端计数" in run.error
    link = DataLink.objects.get()
    assert link.failures == 1
    assert link.last_success_at is None


def test_a_row_changed_at_the_source_keeps_the_first_value_and_says_so(world: World) -> None:
    world.outside.fill(5)
    link = world.link()
    world.run(link)
    world.outside.run(f"UPDATE {SCHEMA}.readings SET val = 99 WHERE id = 2")
    run = world.run(link)
    assert (run.duplicates, run.failed) == (4, 1)
    assert Conflict.objects.get().refused == 99
    assert run.refusals.get().code == "CONFLICT"


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("sync", [{}, BY_ID, DATED, {"key_columns": []}])
@pytest.mark.parametrize("page", [1, 4, 7])
def test_a_run_killed_in_the_middle_goes_on_and_doubles_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, sync: dict[str, Any], page: int
) -> None:
    world.outside.fill(1000)
    link = world.link(**sync)
    count, seen = running._count, iter(range(1, 1000))

    def die(*rest: Any) -> None:
        count(*rest)
        if next(seen) == page:
            raise Killed

    monkeypatch.setattr(running, "_count", die)
    DataLink.objects.update(next_run_at=clock.now())
    with pytest.raises(Killed):
        jobs.run_now(link.pk)
    assert Reading.objects.count() == (page - 1) * 100, "a page is stored whole or not at all"
    assert not jobs.run_now(link.pk), "its lease holds"
    DataLink.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert leasing.take_back_lost() == 1
    assert jobs.run_now(link.pk)
    run = link.runs.get()
    assert counts(run)[:2] == ("SUCCEEDED", 1000), run.error
    assert run.written == 1000
    assert Reading.objects.count() == 1000


def test_two_workers_never_run_one_link(world: World) -> None:
    link = world.link()
    DataLink.objects.update(next_run_at=clock.now())
    first, second = leasing.lease(link.pk, "one"), leasing.lease(link.pk, "two")
    assert first is not None
    assert second is None
    DataLink.objects.update(lease_by="two")
    world.outside.fill(10)
    run = running.execute(first.pk, "one")
    assert run.read == 0, "who lost the lease writes nothing"


@pytest.mark.feature(86)
def test_a_run_is_paused_goes_on_and_is_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.outside.fill(500)
    link = world.link()
    count = running._count

    def wish(run: LinkRun, *rest: Any) -> None:
        count(run, *rest)
        if run.read == 200:
            runs.ask(world.manager, run.pk, "PAUSE")

    monkeypatch.setattr(running, "_count", wish)
    run = world.run(link)
    assert (run.state, run.read) == ("PAUSED", 200)
    assert not jobs.run_now(link.pk)
    runs.resume(world.manager, run.pk)
    assert jobs.run_now(link.pk)
    run.refresh_from_db()
    assert counts(run) == ("SUCCEEDED", 500, 500, 0)


def test_what_cannot_be_taken_is_told_row_by_row(world: World) -> None:
    world.outside.fill(3)
    rows = [
        (10, BEGIN, "nobody", "TEMP", 1),
        (11, BEGIN, "dev-0", "XYZ", 1),
        (12, BEGIN, "dev-0", "TEMP", None),
        (13, BEGIN, "dev-1", "TEMP", float("nan")),
    ]
    for row in rows:
        world.outside.run(f"INSERT INTO {SCHEMA}.readings VALUES (%s, %s, %s, %s, %s)", row)
    run = world.run(world.link())
    assert (run.state, run.written, run.dropped, run.failed) == ("SUCCEEDED", 3, 1, 3)
    assert [(row.row, row.code) for row in run.refusals.all()] == [(4, "DEVICE"), (5, "METRIC"), (7, "VALUE")]
    assert run.refusals.first().data["dev"] == "nobody"  # type: ignore[union-attr]


def test_rows_without_a_date_are_told_of(world: World) -> None:
    world.outside.fill(3)
    world.outside.run(f"INSERT INTO {SCHEMA}.readings VALUES (9, NULL, 'dev-0', 'TEMP', 1)")
    run = world.run(world.link(**DATED))
    assert (run.state, run.read) == ("SUCCEEDED", 3)
    assert "1 行增量字段为空" in run.unusual

"""Links are watched: tried again, red when late or failing, told to those who can help."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.supervision.links.conftest import SCHEMA, World, person

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.kernel.messaging.models import Message
from minfang.supervision.links import findings, jobs, lists, queries, schedule
from minfang.supervision.links.actions import leasing, links, runs, sources
from minfang.supervision.links.models import DataLink, DataSource, LinkRun

pytestmark = pytest.mark.django_db
BY_ID = {"sync_kind": "INCR_ID", "watermark_column": "id", "key_columns": []}


def test_what_may_pass_is_tried_again_with_pauses_and_then_told(world: World) -> None:
    link = world.link(retries=2, cron="*/5 * * * *")
    DataSource.objects.update(port=1)
    waits = []
    for attempt in (1, 2, 3):
        run = world.run(link)
        link.refresh_from_db()
        waits.append(link.next_run_at - clock.now())  # type: ignore[operator]
        assert run.pk == link.runs.get().pk, "one run, tried again"
        assert run.state == ("FAILED" if attempt == 3 else "QUEUED")
        assert "拒绝连接" in run.error
    assert timedelta(seconds=20) < waits[0] < timedelta(seconds=40) < waits[1]
    assert link.failures == 1
    message = Message.objects.get(event="link.ill", person=world.manager.person)
    assert link.name in message.body
    (finding,) = findings.links_that_are_ill()
    assert finding.severity == "BAD"
    (row,) = lists.link_list(world.manager).items
    assert (row.health.code, row.health.tone) == ("FAILING", "bad")
    assert "拒绝连接" in row.health.reason


def test_a_missing_table_is_not_tried_again_by_itself(world: World) -> None:
    run = world.run(world.link(relation="gone"))
    assert (run.state, run.error_code, run.attempt) == ("FAILED", "NO_TABLE", 1)


@pytest.mark.feature(84)
def test_the_list_says_state_last_success_kind_next_run_and_delay(world: World) -> None:
    world.outside.fill(5)
    link = world.link(cron="*/10 * * * *")
    world.run(link)
    with CaptureQueriesContext(connection) as asked:
        (row,) = lists.source_list(world.manager).items
    assert len(asked) <= 5
    assert (row.health.label, row.sync_kinds, row.links) == ("正常", ["全量同步"], 1)
    assert row.last_success_at is not None
    assert row.next_run_at is not None
    then = clock.now() - timedelta(minutes=26)
    DataLink.objects.update(last_success_at=then)
    (row,) = lists.source_list(world.manager).items
    assert row.health.code == "LATE"
    assert row.late_seconds is not None
    assert 300 < row.late_seconds < 400, "two periods of ten minutes are allowed"
    assert leasing.warn_of_late() == 1
    assert leasing.warn_of_late() == 0, "the same trouble is not told again at once"


@pytest.mark.feature(86)
def test_a_number_of_rows_far_from_the_usual_is_told(world: World) -> None:
    link = world.link(**BY_ID)
    for turn in range(6):
        world.outside.fill(100, start=1 + turn * 1000)
        assert world.run(link).unusual == ""
    world.outside.fill(30, start=90_000)
    run = world.run(link)
    assert run.unusual == "本次读取 30 行，平常约 100 行。"
    found = queries.run_list(world.manager, None, "ILL", "", 7, 1, 20)
    assert [row.id for row in found.items] == [run.pk]
    (day,) = queries.days(world.manager, 3)
    assert (day.succeeded, day.written) == (7, 630)


def test_runs_are_started_refused_twice_stopped_and_tried_again(world: World) -> None:
    world.outside.fill(5)
    link = world.link()
    run = runs.start(world.manager, link.pk)
    with pytest.raises(Refusal):
        runs.start(world.manager, link.pk)
    runs.ask(world.manager, run.pk, "STOP")
    assert LinkRun.objects.get().state == "STOPPED"
    runs.retry(world.manager, run.pk)
    assert jobs.due(10) == [link.pk]
    assert jobs.run_now(link.pk)
    run.refresh_from_db()
    assert (run.state, run.written) == ("SUCCEEDED", 5)


def test_a_link_that_reads_something_else_begins_at_the_beginning(world: World) -> None:
    world.outside.fill(5)
    link = world.link(**BY_ID)
    world.run(link)
    link.refresh_from_db()
    assert link.watermark == {"n": 5}
    same = {"source_id": link.source_id, "name": link.name, "target": "READINGS", "relation": "readings",
            "mapping": link.mapping, **BY_ID, "time_zone": "Asia/Shanghai", "page_size": 200, "overlap": 0,
            "retries": 3}  # fmt: skip
    assert links.change(world.manager, link.pk, 1, same).watermark == {"n": 5}
    with pytest.raises(Refusal):
        links.change(world.manager, link.pk, 1, same)
    other = {**same, "sync_kind": "FULL"}
    assert links.change(world.manager, link.pk, 2, other).watermark == {}


def test_a_watermark_is_set_back_by_a_person(world: World) -> None:
    world.outside.fill(10)
    link = world.link(**BY_ID)
    world.run(link)
    links.set_watermark(world.manager, link.pk, "4")
    run = world.run(link)
    assert (run.read, run.duplicates) == (6, 6)


@pytest.mark.parametrize("cron", ["* * * *", "61 * * * *", "每天", "* * * * * *"])
def test_schedules_that_are_none_are_refused(cron: str) -> None:
    with pytest.raises(Refusal):
        schedule.checked(cron)


def test_schedules_are_in_shanghai_time() -> None:
    (found,) = schedule.upcoming("30 2 * * *", clock.now())
    assert (found.hour, found.minute, str(found.tzinfo)) == (2, 30, "Asia/Shanghai")


def test_deleting_a_source_with_an_open_run_is_refused_and_readings_stay(world: World) -> None:
    link = world.link()
    run = runs.start(world.manager, link.pk)
    with pytest.raises(Refusal):
        sources.delete(world.manager, world.source.pk)
    runs.ask(world.manager, run.pk, "STOP")
    sources.delete(world.manager, world.source.pk)
    assert not DataLink.objects.exists()


def test_watchers_read_and_only_managers_change(world: World) -> None:
    world.outside.run(f"INSERT INTO {SCHEMA}.readings VALUES (1, '2026-03-01', '=cmd()', 'TEMP', 1)")
    run = world.run(world.link())
    client = Client()
    client.force_login(person("watcher", world.city, "iot_watcher"))
    assert client.get("/api/office/links").json()["may_manage"] is False
    assert client.post(f"/api/office/links/{run.link_id}/start").status_code == 403
    client.force_login(world.manager.person)
    answer: Any = client.get(f"/api/office/links/runs/{run.pk}/refusals.csv")
    assert "'=cmd()" in answer.content.decode(), "a stranger's text never becomes a formula"
    seen = client.get(f"/api/office/links/sources/{world.source.pk}").json()
    assert "password" not in seen
    client.force_login(person("district", world.district, "iot_admin"))
    assert client.get(f"/api/office/links/sources/{world.source.pk}").status_code == 404
    assert lists.link_list(Access(person("other", world.district, "iot_watcher"))).items == []


def test_the_lists_are_narrowed_turned_and_taken_away(world: World) -> None:
    for n in range(3):
        world.link(name=f"=湿度{n}")
    page = lists.link_list(world.manager, lists.LinksAsked(keyword="湿度", page=2, size=2))
    assert ([row.name for row in page.items], page.total, page.everything) == (["=湿度2"], 3, 3)
    assert lists.link_list(world.manager, lists.LinksAsked(sync="INCR_ID")).items == []
    assert lists.source_list(world.manager, lists.SourcesAsked(kind="ORACLE")).total == 0
    manager = Client()
    manager.force_login(world.manager.person)
    table = manager.get("/api/office/links/links.csv?keyword=湿度1").content.decode()
    assert table.count("\n") == 2
    assert ",'=湿度1," in table
    assert AuditEvent.objects.filter(action="link.exported").exists()
    assert world.source.name in manager.get("/api/office/links/sources.csv").content.decode()

"""The ledger of readings: what is seen, by whom, how quickly, and how it is exported."""

import csv
import io
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.support.telemetry import forget

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.actions.establishing import load_roles
from minfang.kernel.iam.models import Organization, OrganizationKind, Person, PersonKind, Role, RoleGrant
from minfang.registry.models import Device, Works
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.ledger import curves, exports, queries, wanted
from minfang.supervision.telemetry import rollups, store
from minfang.supervision.telemetry.batches import build
from minfang.supervision.telemetry.models import Series

pytestmark = pytest.mark.django_db
US = 1_000_000


@pytest.fixture(autouse=True)
def _new_process() -> None:
    forget()


@pytest.fixture
def watcher() -> Access:
    """Somebody of the district office of Jing'an who may read and export."""
    load_roles()
    office = Organization.objects.create(
        code="D-1",
        name="区办",
        short_name="区办",
        kind=OrganizationKind.DISTRICT_OFFICE,
        district_code="310106",
    )
    person = Person.objects.create(
        username="ledger", name="台账员", kind=PersonKind.STAFF, organization=office
    )
    RoleGrant.objects.create(person=person, role=Role.objects.get(code="iot_watcher"), organization=office)
    return Access(person)


def series(count: int, district: str = "310106", metric: str = "TEMP") -> list[Series]:
    """Series of one work."""
    works = Works.objects.create(
        works_no=f"RF-{district}-{Works.objects.count()}",
        name=f"工程{district}",
        kind="JJ",
        management_level="DISTRICT",
        district_code=district,
    )
    made = []
    for n in range(count):
        wire = f"{works.works_no}-{n}"
        made.append(Device(works=works, device_no=wire, device_id=wire, sensor_type=metric, name=f"温度{n}"))
    Device.objects.bulk_create(made)
    return Series.objects.bulk_create(Series(device=device, metric=metric) for device in made)


def fill(rows: list[Series], count: int, step: int = 60, end: datetime | None = None) -> datetime:
    """Readings of each series, ``step`` seconds apart up to ``end``; returns the first instant."""
    last = int((end or clock.now()).timestamp()) * US
    at = [last - step * US * n for n in range(count)]
    for row in rows:
        store.write(build([row.pk] * count, at, [20 + n % 10 for n in range(count)], [0] * count, at))
    return datetime.fromtimestamp(at[-1] / US, UTC)


def since_then(since: datetime) -> wanted.Stretch:
    """All readings from an instant on."""
    return wanted.stretch(since, None, None, None, None)


@pytest.mark.feature(88)
def test_a_page_shows_type_place_device_state_latest_value_and_latest_alarm(watcher: Access) -> None:
    first, _ = series(2)
    series(3, "310115")
    fill([first], 3)
    works = first.device.works
    Alarm.objects.create(
        number="YJ1", device=first.device, series=first, works=works, district_code="310106", category="ENV",
        title="温度偏高", level=2, peak_level=2, opened_at=clock.now(), raised_at=clock.now(),
        last_at=clock.now(), message="温度偏高",
    )  # fmt: skip
    found = queries.series_list(watcher, wanted.Chosen(), "-time", 1, 50)
    assert found.total == 2, "only the works of one's own district"
    row = found.items[0]
    assert (row.metric_name, row.value_words, row.works_name) == ("温度", "20 ℃", "工程310106")
    assert (row.device_status_label, row.overdue) == ("离线", False)
    assert row.alarm is not None
    assert (row.alarm.level_label, row.alarm.open) == ("橙", True)
    assert found.items[1].value is None
    assert queries.series_list(watcher, wanted.Chosen(level=2), "place", 1, 50).total == 1
    assert queries.series_list(watcher, wanted.Chosen(category="GAS"), "place", 1, 50).total == 0


def test_five_hundred_series_take_six_queries_and_little_time(watcher: Access) -> None:
    rows = series(500)
    now = int(clock.now().timestamp()) * US
    store.write(build([row.pk for row in rows], [now] * 500, [1.0] * 500, [0] * 500, [now] * 500))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert len(queries.series_list(Access(watcher.person), wanted.Chosen(), "place", 1, 500).items) == 500
    assert len(asked) <= 6, [row["sql"][:80] for row in asked]
    spent = []
    for _ in range(3):
        begun = time.thread_time()
        queries.series_list(watcher, wanted.Chosen(), "place", 1, 500)
        spent.append(time.thread_time() - begun)
    assert min(spent) < 0.1


@pytest.mark.feature(88)
def test_history_is_paged_by_its_key_and_filtered(watcher: Access) -> None:
    rows = series(2)
    since = fill(rows, 120)
    listed = ",".join(str(row.pk) for row in rows)
    seen, behind = [], ""
    while True:
        page = queries.history(watcher, listed, since_then(since), behind, 50)
        seen += [(row.ts, row.series_id) for row in page.items]
        behind = page.next
        if not behind:
            break
    assert len(seen) == len(set(seen)) == 240
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)
    few = queries.history(watcher, listed, wanted.stretch(since, None, 28, 29, None), "", 200)
    assert {row.value for row in few.items} == {28, 29}


def test_a_long_curve_from_rollups_says_the_same_as_the_readings(watcher: Access) -> None:
    (row,) = series(1)
    end = clock.now() - timedelta(hours=1)
    since = fill([row], 5000, 300, end)
    until = clock.now()
    grain, raw = curves.curve(row.pk, since, until, 50)
    assert grain >= 3600
    rollups.roll()
    with CaptureQueriesContext(connection) as asked:
        again = curves.curve(row.pk, since, until, 50)
    assert any("tel_rollup_1h" in one["sql"] for one in asked)
    assert again[1][0] == raw[0]
    assert again[1][1] == raw[1]
    assert again[1][3] == raw[3]
    assert again[1][2] == pytest.approx(raw[2])
    late = int((since + timedelta(hours=30, seconds=7)).timestamp()) * US
    store.write(build([row.pk], [late], [500.0], [0], [late]))
    assert max(curves.curve(row.pk, since, until, 50)[1][3]) == 500, (
        "a late reading shows before the next roll-up"
    )


def test_few_readings_are_shown_as_they_are(watcher: Access) -> None:
    (row,) = series(1)
    since = fill([row], 20)
    grain, (at, low, _, high) = curves.curve(row.pk, since, clock.now() + timedelta(seconds=1), 600)
    assert (grain, len(at)) == (0, 20)
    assert low == high


@pytest.mark.feature(88)
def test_an_export_streams_what_the_filters_choose_and_stands_in_the_trail(watcher: Access) -> None:
    rows = series(2)
    series(1, "310115")
    since = fill(rows, 300)
    client = Client()
    client.force_login(watcher.person)
    answer = client.get("/api/office/telemetry/export.csv", {"since": since.isoformat(), "low": 25})
    body = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    lines = list(csv.reader(io.StringIO(body)))
    assert len(lines) == 1 + 300
    assert lines[0][6:8] == ["时间", "数值"]
    assert AuditEvent.objects.filter(action="telemetry.exported", summary__contains="300 行").count() == 1
    book = client.get("/api/office/telemetry/export.xlsx", {"since": since.isoformat(), "series": rows[0].pk})
    assert book.content[:2] == b"PK"


def test_an_export_is_flat_in_memory(watcher: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {**exports.limits(), "batch": 500}
    monkeypatch.setattr(exports, "limits", lambda: limits)
    (row,) = series(1)
    since = fill([row], 5000, 1)
    export = exports.prepare(watcher, str(row.pk), wanted.Chosen(), since_then(since), 10_000)
    sizes = [len(lines) for lines in export.lines()]
    assert sum(sizes) == export.count()
    assert max(sizes) == 500


def test_too_many_rows_are_refused_before_any_is_sent(
    watcher: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = series(1)
    since = fill([row], 50)
    with pytest.raises(Exception, match="TOO_MANY"):
        exports.prepare(watcher, str(row.pk), wanted.Chosen(), since_then(since), 10)


def test_series_of_others_are_not_found(watcher: Access) -> None:
    (theirs,) = series(1, "310115")
    client = Client()
    client.force_login(watcher.person)
    asked = f"series={theirs.pk}"
    for address in (f"series/{theirs.pk}", f"curves?{asked}", f"history?{asked}", f"export.csv?{asked}"):
        answer: Any = client.get(f"/api/office/telemetry/{address}")
        assert answer.status_code == 404, address

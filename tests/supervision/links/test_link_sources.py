"""Sources of every kind: reached only where allowed, read only, told clearly when something is wrong."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlparse

import orjson
import pytest
import xlsxwriter
from sqlalchemy.dialects import mysql, oracle
from tests.supervision.links.conftest import BEGIN, LONG, SCHEMA, World, address

from minfang.kernel.base.errors import Refusal
from minfang.registry.models import Device
from minfang.supervision.alarms.models import ThirdEvent
from minfang.supervision.links import addresses, browsing, engines, statements, times, trial
from minfang.supervision.links.actions import links, sources
from minfang.supervision.links.models import DataLink, DataSource
from minfang.supervision.telemetry.models import Reading

pytestmark = pytest.mark.django_db
HISTORY = Path(__file__).parents[2] / "data" / "sensors" / "machine_temperature.csv"
WIDE = {"device_constant": "dev-0", "ts": "timestamp", "values": [{"column": "value", "metric": "TEMP"}]}


@pytest.mark.parametrize(
    ("host", "demo", "allowed", "code"),
    [
        ("127.0.0.1", False, ["127.0.0.1:*", "localhost:*"], "ADDRESS_REFUSED"),
        ("localhost", False, [], "ADDRESS_REFUSED"),
        ("::1", False, [], "ADDRESS_REFUSED"),
        ("::ffff:127.0.0.1", False, [], "ADDRESS_REFUSED"),
        ("0.0.0.0", True, ["0.0.0.0:*"], "ADDRESS_REFUSED"),
        ("169.254.169.254", True, ["169.254.0.0/16:*"], "ADDRESS_REFUSED"),
        ("10.1.2.3", True, [], "ADDRESS_REFUSED"),
        ("10.1.2.3", True, ["10.1.0.0/16:5433"], "ADDRESS_REFUSED"),
        ("no such host", True, [], "HOST_UNKNOWN"),
        ("10.1.2.3", False, ["10.1.0.0/16:5432"], ""),
        ("127.0.0.1", True, [], ""),
    ],
)
def test_only_listed_addresses_are_connected_to(
    settings: Any, host: str, demo: bool, allowed: list[str], code: str
) -> None:
    settings.DEMO, settings.LINK_ALLOWED = demo, allowed
    if not code:
        assert addresses.resolve(host, 5432).port == 5432
        return
    with pytest.raises(Refusal) as refused:
        addresses.resolve(host, 5432)
    assert refused.value.code == code


@pytest.mark.parametrize("path", ["../secret.csv", "/etc/passwd", "a/../../x", "missing.csv"])
def test_files_outside_the_folder_are_not_read(folder: Path, path: str) -> None:
    (folder.parent / "secret.csv").write_text("a\n1\n")
    with pytest.raises(Refusal) as refused:
        addresses.file_below(path)
    assert refused.value.code in ("FILE_REFUSED", "FILE_MISSING")


@pytest.mark.parametrize(
    "query",
    [
        "delete from readings",
        "select 1; drop table readings",
        "with gone as (delete from readings returning *) select * from gone",
        "select * into copied from readings",
        "select * from readings for update",
        "select 1 -- quiet",
        "select /* quiet */ 1",
        "select pg_sleep(100)",
        "select pg_read_file('/etc/passwd')",
        "select load_file('/etc/passwd')",
    ],
)
def test_only_one_select_is_sent(query: str) -> None:
    with pytest.raises(Refusal) as refused:
        statements.checked_query(query)
    assert refused.value.code == "QUERY_REFUSED"


def test_a_connection_changes_nothing_even_where_the_words_slip_through(world: World) -> None:
    world.outside.fill(3)
    body = f"DELETE FROM {SCHEMA}.readings; SELECT 1"
    world.outside.run(f"CREATE FUNCTION {SCHEMA}.sly() RETURNS int LANGUAGE sql AS '{body}'")
    with pytest.raises(Exception, match="read-only"):
        browsing.preview(world.source, None, f"select {SCHEMA}.sly()")
    assert len(browsing.preview(world.source, "readings", None).rows) == 3


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "wrong"}, "WRONG_PASSWORD"),
        ({"database": "nowhere"}, "NO_DATABASE"),
        ({"port": 1}, "REFUSED"),
        ({"host": "no-such-host.invalid"}, "HOST_UNKNOWN"),
        ({"kind": "ORACLE"}, "DRIVER_MISSING"),
        ({"kind": "DM"}, "DRIVER_MISSING"),
    ],
)
def test_a_connection_test_says_what_is_wrong(world: World, changed: dict[str, Any], code: str) -> None:
    values = {"name": "试", "kind": "POSTGRES", **address(), **changed}
    if code == "WRONG_PASSWORD" and _trusts_everybody():
        pytest.skip("this server asks for no password")
    source = sources.create(world.manager, values)
    (*_, last) = sources.test(world.manager, source.pk)
    assert not last.passed
    with pytest.raises(Exception) as raised:  # noqa: PT011 whatever the driver throws
        browsing.tables(source)
    assert browsing.told(raised.value).code == code
    source.refresh_from_db()
    assert source.state == "BROKEN"
    assert source.state_reason == last.text


def _trusts_everybody() -> bool:
    return not address()["password"]


@pytest.mark.feature(85)
def test_a_database_is_browsed_previewed_and_tried_before_anything_is_kept(world: World) -> None:
    world.outside.fill(50)
    assert [table.name for table in browsing.tables(world.source)] == ["readings"]
    columns, keys = browsing.columns(world.source, "readings")
    assert keys == ["id"]
    assert {column.name: column.kind for column in columns}["at"] == "time"
    assert len(browsing.preview(world.source, "readings", None).rows) == 20
    assert len(browsing.preview(world.source, None, "select id, at from outside.readings").rows) == 20
    values = {"source_id": world.source.pk, "name": "x", "target": "READINGS", "relation": "readings",
              "mapping": LONG, "sync_kind": "FULL", "time_zone": "UTC", "page_size": 100}  # fmt: skip
    rows = trial.rows(links.draft(world.source, values))
    assert len(rows) == 20
    assert all(row.passed for row in rows)
    assert "温度 20.001 ℃" in rows[0].text
    assert Reading.objects.count() == 0
    assert DataLink.objects.count() == 0


def test_hostile_names_stay_names(world: World) -> None:
    evil = 'x"; DROP TABLE readings; --'
    quoted = evil.replace('"', '""')
    world.outside.run(f'ALTER TABLE {SCHEMA}.readings RENAME COLUMN val TO "{quoted}"')
    world.outside.run(f'ALTER TABLE {SCHEMA}.readings RENAME TO "{quoted}"')
    world.outside.run(f"INSERT INTO {SCHEMA}.\"{quoted}\" VALUES (1, '2026-03-01', 'dev-0', 'TEMP', 7)")
    mapping = {**LONG, "values": [{"column": evil}]}
    run = world.run(world.link(relation=evil, mapping=mapping))
    assert (run.state, run.written) == ("SUCCEEDED", 1), run.error


def test_statements_compile_for_databases_that_are_not_here(world: World) -> None:
    link = DataLink(source=DataSource(schema_name="s"), relation="t`1")
    rows = statements.rows_of(link, ["a", "b"])
    both: Any = [rows.c.a, rows.c.b]
    asked = statements.page(rows, ["a"], ["a", "b"], [statements.after(both, [1, 2])], 10)
    assert "`s`.`t``1`" in str(asked.compile(dialect=mysql.dialect()))
    assert "LIMIT" in str(asked.compile(dialect=mysql.dialect()))
    assert '"s"."t`1"' in str(asked.compile(dialect=oracle.dialect()))
    king = DataSource(kind="KINGBASE", host="k", username="u", database="d")
    assert engines.url_of(king, "10.0.0.1", 54321).drivername == "kingbase+psycopg"


def test_the_password_is_sealed_and_never_sent_to_another_place_unseen(world: World) -> None:
    stored: Any = DataSource.objects.values_list("password", flat=True)[0]
    assert address()["password"].encode() not in bytes(stored.stored)
    values = {
        "name": world.source.name,
        "kind": "POSTGRES",
        "schema_name": SCHEMA,
        **address(),
        "password": "",
    }
    kept = sources.change(world.manager, world.source.pk, 1, {**values, "note": "只读"})
    assert kept.password == address()["password"]
    if kept.password:
        with pytest.raises(Refusal) as refused:
            sources.change(world.manager, kept.pk, 2, {**values, "host": "10.9.9.9"})
        assert refused.value.fields[0].path == "password"


def test_a_district_writes_to_its_own_works_only(world: World) -> None:
    world.outside.fill(30)
    world.source.office = world.district
    world.source.save()
    run = world.run(world.link())
    assert (run.written, run.failed) == (20, 10)
    assert {row.code for row in run.refusals.all()} == {"DEVICE"}


def file_source(world: World, kind: str, path: str, **options: str) -> DataSource:
    values = {"name": path, "kind": kind, "path": path, "options": options}
    return sources.create(world.manager, values)


@pytest.mark.feature(80)
def test_a_csv_history_is_imported_and_goes_on_by_row_number(world: World, folder: Path) -> None:
    lines = HISTORY.read_text(encoding="utf-8").splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("timestamp"))
    (folder / "h.csv").write_text("\n".join(lines[head : head + 61]) + "\n", encoding="gb18030")
    source = file_source(world, "CSV", "h.csv")
    seen = browsing.preview(source, None, None)
    assert [column.name for column in seen.columns][:2] == ["timestamp", "value"]
    assert seen.time_forms["timestamp"][0] == "auto"
    assert browsing.keys(source, "h.csv") == [], "a file has no tables and no key to look for"
    link = world.link(source_id=source.pk, mapping=WIDE, sync_kind="INCR_ID", key_columns=[], relation="")
    run = world.run(link)
    assert (run.state, run.read, run.written, run.source_count) == ("SUCCEEDED", 60, 50, 60), run.error
    assert run.failed == 10, "the clock of this real machine was set back an hour: the first values stay"
    with (folder / "h.csv").open("a") as file:
        file.write("2026-01-01 00:00:00,20\n2026-01-01 00:05:00,oops\n")
    run = world.run(link)
    assert (run.read, run.written, run.failed) == (2, 1, 1)
    assert run.refusals.get().row == 62


def test_an_excel_file_is_read_with_its_dates(world: World, folder: Path) -> None:
    book = xlsxwriter.Workbook(str(folder / "h.xlsx"), {"remove_timezone": True})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, ["timestamp", "value"])
    for n in range(1, 6):
        sheet.write_datetime(n, 0, BEGIN.replace(hour=n), day)
        sheet.write_number(n, 1, 20 + n)
    book.close()
    source = file_source(world, "XLSX", "h.xlsx")
    run = world.run(world.link(source_id=source.pk, mapping=WIDE, key_columns=[], relation=""))
    assert (run.state, run.written) == ("SUCCEEDED", 5), run.error
    assert Reading.objects.earliest("ts").ts.isoformat() == "2026-02-28T17:00:00+00:00"


class Service(BaseHTTPRequestHandler):
    """A service with pages that fails once in a while."""

    rows: ClassVar[list[dict[str, Any]]] = []
    failures: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        asked = parse_qs(urlparse(self.path).query)
        if self.failures:
            self._answer(self.failures.pop(), {})
            return
        page, size = int(asked.get("page", ["1"])[0]), int(asked.get("size", ["1000"])[0])
        rows = self.rows[(page - 1) * size : page * size]
        self._answer(200, {"data": {"rows": rows, "total": len(self.rows)}})

    def _answer(self, status: int, body: Any) -> None:
        text = orjson.dumps(body)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://169.254.169.254/")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def service() -> Any:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_an_http_service_is_read_page_by_page_through_its_faults(world: World, service: int) -> None:
    at = int(BEGIN.timestamp())
    Service.rows = [{"dev": f"dev-{n % 3}", "at": at + 60 * n, "kind": "TEMP", "val": n} for n in range(250)]
    Service.failures = [503]
    options = {"records": "data.rows", "total": "data.total", "paging": "PAGE"}
    values = {
        "name": "接口",
        "kind": "HTTP",
        "host": "127.0.0.1",
        "port": service,
        "path": "/r",
        "options": options,
    }
    source = sources.create(world.manager, values)
    mapping = {**LONG, "ts_format": "epoch_s"}
    link = world.link(source_id=source.pk, mapping=mapping, key_columns=[], relation="")
    run = world.run(link)
    assert (run.state, run.written, run.source_count) == ("SUCCEEDED", 250, 250), run.error
    Service.failures = [302]
    run = world.run(link)
    assert (run.state, run.error_code) == ("FAILED", "SOURCE_FAILED") or run.attempt == 2
    assert "不跟随跳转" in run.error


@pytest.mark.feature(82)
def test_devices_of_another_register_are_entered_and_wrong_ones_told(world: World) -> None:
    world.outside.run(f"CREATE TABLE {SCHEMA}.dev (no text, wire text, works text, kind text, title text)")
    works = Device.objects.filter(device_id="dev-0").values_list("works__works_no", flat=True)[0]
    rows = [(f"{works}-S-TEMP-101", "new-1", works, "TEMP", "新温度"), ("X", "new-2", "RF-NO", "TEMP", "错")]
    for row in rows:
        world.outside.run(f"INSERT INTO {SCHEMA}.dev VALUES (%s, %s, %s, %s, %s)", row)
    fields = {
        "device_no": "no",
        "device_id": "wire",
        "works": "works",
        "sensor_type": "kind",
        "name": "title",
    }
    link = world.link(target="DEVICES", relation="dev", mapping={"fields": fields}, key_columns=["no"])
    run = world.run(link)
    assert (run.state, run.read, run.written, run.failed) == ("SUCCEEDED", 2, 1, 1), run.error
    assert Device.objects.get(device_id="new-1").name == "新温度"
    assert world.run(link).duplicates == 1


@pytest.mark.feature(83)
def test_events_of_another_system_are_taken_once(world: World) -> None:
    world.outside.run(f"CREATE TABLE {SCHEMA}.ev (id bigint, at timestamptz, dev text, kind text, lv text)")
    for row in ((1, "dev-0", "WATER", "2"), (2, "no", "X", "1")):
        world.outside.run(f"INSERT INTO {SCHEMA}.ev VALUES (%s, now(), %s, %s, %s)", row)
    mapping = {"external_id": "id", "device": "dev", "ts": "at", "type": "kind", "level": "lv"}
    link = world.link(target="EVENTS", relation="ev", mapping=mapping)
    run = world.run(link)
    assert (run.state, run.written, run.failed) == ("SUCCEEDED", 1, 1), run.error
    assert ThirdEvent.objects.get().alarm is not None
    assert world.run(link).duplicates == 1


def test_time_forms_are_found_and_ambiguous_ones_are_left_to_people() -> None:
    assert times.detect(["2026/01/31 08:30"]) == ["%Y/%m/%d %H:%M"]
    assert times.detect(["05/06/2026 01:02:03"]) == ["%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S"]
    assert times.detect(["1769819400000"]) == ["epoch_ms"]
    assert times.detect(["yesterday"]) == []

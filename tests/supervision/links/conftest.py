"""The outside database (a schema of its own, really connected to), devices here, and people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.actions.establishing import load_roles
from minfang.kernel.iam.models import Organization, OrganizationKind, Person, PersonKind, Role, RoleGrant
from minfang.registry.models import Device, Works
from minfang.supervision.links import jobs
from minfang.supervision.links.actions import links, sources
from minfang.supervision.links.models import DataLink, DataSource, LinkRun
from minfang.supervision.telemetry import index, latest

SCHEMA = "outside"
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
LONG = {
    "device": "dev",
    "ts": "at",
    "metric": "kind",
    "metric_codes": {"温度": "TEMP"},
    "values": [{"column": "val"}],
}


def row(number: int, at: datetime) -> tuple[int, datetime, str, float]:
    """One reading of the foreign system."""
    return number, at, f"dev-{number % 3}", 20 + number / 1000


@dataclass
class Outside:
    """A foreign database whose account may do as it likes there."""

    raw: psycopg.Connection[Any]

    def run(self, statement: str, values: Any = None) -> None:
        """Something happens at the source."""
        self.raw.execute(statement, values)

    def fill(self, rows: int, *, start: int = 1, at: datetime | None = None, step: float = 60) -> None:
        """Rows with ids in a row, ``step`` seconds apart (0: all at the same time)."""
        begin = at or BEGIN
        self.raw.cursor().executemany(
            f"INSERT INTO {SCHEMA}.readings VALUES (%s, %s, %s, '温度', %s)",
            [row(n, begin + timedelta(seconds=step * n)) for n in range(start, start + rows)],
        )


@dataclass
class World:
    """Offices, people, and a source that leads to the outside database."""

    city: Organization
    district: Organization
    manager: Access
    outside: Outside
    source: DataSource

    def link(self, **said: Any) -> DataLink:
        """A link set up as the manager would."""
        values: dict[str, Any] = {
            "source_id": self.source.pk,
            "name": f"历史读数{DataLink.objects.count()}",
            "target": "READINGS",
            "relation": "readings",
            "mapping": LONG,
            "sync_kind": "FULL",
            "key_columns": ["id"],
            "time_zone": "Asia/Shanghai",
            "page_size": 100,
            "overlap": 0,
            "retries": 3,
        }
        return links.create(self.manager, {**values, **said})

    def run(self, link: DataLink) -> LinkRun:
        """Let a link run now, to its end."""
        DataLink.objects.filter(pk=link.pk).update(next_run_at=clock.now())
        assert jobs.run_now(link.pk)
        return link.runs.latest("pk")


def address() -> dict[str, Any]:
    """Where the outside database is."""
    found = connection.settings_dict
    return {
        "host": found["HOST"],
        "port": int(found["PORT"]),
        "database": found["NAME"],
        "username": found["USER"],
        "password": found["PASSWORD"],
    }


def connect() -> psycopg.Connection[Any]:
    """A connection of the foreign system itself."""
    found = address()
    return psycopg.connect(
        host=found["host"],
        port=found["port"],
        dbname=found["database"],
        user=found["username"],
        password=found["password"],
        autocommit=True,
    )


@pytest.fixture
def outside(db: None) -> Iterator[Outside]:
    with connect() as raw:
        raw.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        raw.execute(f"CREATE SCHEMA {SCHEMA}")
        raw.execute(
            f"CREATE TABLE {SCHEMA}.readings (id bigint PRIMARY KEY, at timestamptz, dev text, "
            "kind text, val numeric)"
        )
        yield Outside(raw)
        raw.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


def person(name: str, office: Organization, role: str) -> Person:
    """Somebody with a role at an office."""
    someone = Person.objects.create(
        username=f"l.{name}", name=name, kind=PersonKind.STAFF, organization=office
    )
    RoleGrant.objects.create(person=someone, role=Role.objects.get(code=role), organization=office)
    return someone


def devices(office: Organization, works_no: str, district: str, names: list[str]) -> list[Device]:
    """A work with devices."""
    works = Works.objects.create(
        works_no=works_no, name=works_no, kind="JJ", management_level="DISTRICT", district_code=district
    )
    return [
        Device.objects.create(
            works=works, device_no=f"{works_no}-S-TEMP-{name}", device_id=name, sensor_type="TEMP", name=name
        )
        for name in names
    ]


@pytest.fixture
def world(outside: Outside) -> Iterator[World]:
    index.forget()
    latest.forget()
    load_roles()
    city = Organization.objects.create(
        code="L-CITY",
        name="市办",
        short_name="市办",
        kind=OrganizationKind.MUNICIPAL_OFFICE,
        district_code="310000",
    )
    district = Organization.objects.create(
        code="L-310106",
        name="区办",
        short_name="区办",
        kind=OrganizationKind.DISTRICT_OFFICE,
        district_code="310106",
    )
    devices(city, "RF-L-1", "310106", ["dev-0", "dev-1"])
    devices(city, "RF-L-2", "310115", ["dev-2"])
    manager = Access(person("manager", city, "iot_admin"))
    values = {"name": "区级平台", "kind": "POSTGRES", "schema_name": SCHEMA, **address()}
    yield World(city, district, manager, outside, sources.create(manager, values))
    index.forget()
    latest.forget()


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    """The folder for imports."""
    settings.LINK_FILES = str(tmp_path / "imports")
    (tmp_path / "imports").mkdir()
    return tmp_path / "imports"

"""The role the product runs under can add to the audit trail and read it, nothing else; nor can the owner."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, ProgrammingError

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.models import AuditChain, AuditEvent
from minfang.kernel.audit.verification import verify
from minfang.kernel.iam.models import Party
from minfang.project import privileges
from minfang.project.postgres import APP_ROLE

APP_URL = Path(os.environ["MINFANG_TEST_HOME"]) / "postgres" / "app_url"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not APP_URL.exists(), reason="needs the embedded server with its two roles"),
]
FORBIDDEN = [
    "UPDATE audit_event SET summary = 'x'",
    "DELETE FROM audit_event",
    "UPDATE audit_head SET day = day",
    "DELETE FROM audit_head",
    "DELETE FROM audit_chain",
    "UPDATE audit_chain SET last_sequence = 0 WHERE number = {chain}",
]
FORBIDDEN_TO_PRODUCT = [
    "TRUNCATE audit_event",
    "TRUNCATE audit_chain CASCADE",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "DROP TABLE audit_event",
    "DROP FUNCTION audit_refuse() CASCADE",
    "INSERT INTO audit_chain (number, last_sequence, last_mac) VALUES (99, 0, '')",
    "DELETE FROM django_migrations",
    "SET session_replication_role = replica",
    "CREATE TABLE public.sneaky (x int)",
    "ALTER TABLE audit_event OWNER TO minfang_app",
]


@contextmanager
def role_of(url: str) -> Iterator[None]:
    """Everything the framework does inside runs under the role of this address."""
    parts, kept = urlparse(url), dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(USER=str(parts.username), PASSWORD=str(parts.password))
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


@pytest.fixture
def as_product() -> Iterator[None]:
    privileges.grant(APP_ROLE)
    with role_of(APP_URL.read_text()):
        yield


def write(summary: str) -> AuditEvent:
    with transaction.atomic():
        record("case.submit", person=None, target="case:1", summary=summary)
    return AuditEvent.objects.get(summary=summary)


def refused(statement: str) -> None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert isinstance(caught.value.__cause__, psycopg.errors.InsufficientPrivilege), (
        statement,
        caught.value,
    )


@pytest.mark.usefixtures("as_product")
def test_the_product_writes_business_rows_and_the_trail() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)")
        assert cursor.fetchone() == (APP_ROLE, False)
    party = Party.objects.create(kind="2", name="甲公司", id_no="1", id_no_index="1")
    write("提交")
    party.delete()
    assert verify().sound


@pytest.mark.usefixtures("as_product")
def test_the_product_cannot_change_the_past_in_any_way() -> None:
    event = write("提交")
    for statement in [*FORBIDDEN, *FORBIDDEN_TO_PRODUCT]:
        refused(statement.format(chain=event.chain))
    assert verify().sound


def test_nor_can_the_owner_without_taking_the_triggers_off() -> None:
    event = write("提交")
    AuditChain.objects.filter(number=event.chain).update(last_sequence=5)
    from minfang.kernel.audit import daily

    daily.write()
    for statement in FORBIDDEN:
        refused(statement.format(chain=event.chain))


def test_nor_empty_the_table_where_no_test_asked_for_it() -> None:
    write("提交")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER audit_event_whole")
    try:
        refused("TRUNCATE audit_event")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER audit_event_whole")


def test_migrations_run_as_the_owner_and_hand_back_the_product_s_role(settings: object) -> None:
    owner = {"USER": connection.settings_dict["USER"], "PASSWORD": connection.settings_dict["PASSWORD"]}
    privileges.grant(APP_ROLE)
    with role_of(APP_URL.read_text()):
        settings.DATABASE_OWNER = owner  # type: ignore[attr-defined]
        with privileges.as_owner():
            assert user() == owner["USER"]
        assert user() == APP_ROLE
        with pytest.raises(ProgrammingError), transaction.atomic():
            privileges.grant(APP_ROLE + "_2")


def user() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])

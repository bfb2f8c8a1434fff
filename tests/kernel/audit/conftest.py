"""A trail of a few entries, and the hand of somebody who owns the database."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from minfang.kernel.audit import heads
from minfang.kernel.audit.actions import record


@pytest.fixture(autouse=True)
def _heads_in_a_folder_of_their_own(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_HEADS = str(tmp_path / "heads")


@pytest.fixture(autouse=True)
def _begin_with_an_empty_trail(request: pytest.FixtureRequest) -> None:
    """Whatever the data of other tests has left in the trail is not there for these."""
    marker = request.node.get_closest_marker("django_db")
    uses = {"db", "transactional_db"} & set(request.fixturenames)
    if marker is None and not uses:
        return
    whole = marker is not None and marker.kwargs.get("transaction")
    request.getfixturevalue("transactional_db" if whole or "transactional_db" in uses else "db")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE audit_event, audit_chain, audit_head, audit_archive, audit_check, audit_alarm"
        )
        heads.ensure()


@pytest.fixture
def trail(db: None) -> None:
    """Nine entries in chain 1."""
    for number in range(1, 10):
        with transaction.atomic():
            record("case.submit", person=None, target=f"case:{number}", summary=f"第 {number} 条")


@pytest.fixture
def owner_sql() -> Callable[[str], None]:
    """What a database owner can do who switches the triggers off and on again."""

    def run(statements: str) -> None:
        with connection.cursor() as cursor:
            for table in ("audit_event", "audit_chain", "audit_head"):
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(statements)
            for table in ("audit_event", "audit_chain", "audit_head"):
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return run

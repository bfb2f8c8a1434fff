"""Entries leave the table by a signed archive and no other way; what stays still verifies."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from minfang.kernel.audit import archives, daily, exporting
from minfang.kernel.audit.actions import record
from minfang.kernel.audit.models import AuditArchive, AuditEvent
from minfang.kernel.audit.verification import verify
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal

LATER = timedelta(days=200)


@pytest.fixture
def year(db: None) -> None:
    """Nine entries of long ago with their daily head, and three of today, in one chain."""
    with transaction.atomic():
        for number in range(9):
            record("case.submit", person=None, target=f"case:{number}", summary="旧")
        daily.write()
        with clock.moved_to(clock.now() + LATER):
            for number in range(3):
                record("case.submit", person=None, target=f"case:{number}", summary="新")


def archive(folder: Path) -> tuple[Path, int]:
    with clock.moved_to(clock.now() + LATER):
        return archives.archive(clock.today() - timedelta(days=185), folder=folder, keep_days=180)


@pytest.mark.django_db
@pytest.mark.usefixtures("year")
def test_old_entries_go_into_a_signed_package_and_the_rest_still_verifies(
    tmp_path: Path, owner_sql: Callable[[str], None]
) -> None:
    path, count = archive(tmp_path)
    assert count == 9
    with path.open("rb") as file:
        manifest, wrong = exporting.check(file)
    assert (wrong, manifest["count"]) == ("", 9)
    assert (
        sorted(AuditEvent.objects.values_list("action", flat=True)) == ["audit.archive"] + ["case.submit"] * 3
    )
    assert verify().sound
    owner_sql("UPDATE audit_event SET summary = '改' WHERE sequence = 11")
    assert [(found.sequence, found.kind) for found in verify().findings] == [(11, "ALTERED")]


@pytest.mark.django_db
@pytest.mark.usefixtures("year")
def test_a_forged_marker_hides_nothing(tmp_path: Path, owner_sql: Callable[[str], None]) -> None:
    archive(tmp_path)
    owner_sql("ALTER TABLE audit_archive DISABLE TRIGGER USER")
    AuditArchive.objects.update(content='{"chains": [[1, 10, "x"]]}')
    owner_sql("DELETE FROM audit_event WHERE sequence = 10")
    assert not verify().sound


@pytest.mark.django_db
@pytest.mark.usefixtures("year")
def test_entries_within_the_policy_stay_and_a_broken_trail_is_not_archived(
    tmp_path: Path, owner_sql: Callable[[str], None]
) -> None:
    with pytest.raises(Refusal) as young:
        archives.archive(clock.today() - timedelta(days=10), folder=tmp_path, keep_days=180)
    assert young.value.code == "TOO_YOUNG"
    owner_sql("UPDATE audit_event SET summary = '改' WHERE sequence = 2")
    with pytest.raises(Refusal) as broken:
        archive(tmp_path)
    assert broken.value.code == "NOT_SOUND"


@pytest.mark.django_db
@pytest.mark.usefixtures("year")
def test_after_archiving_the_table_is_closed_again(tmp_path: Path) -> None:
    archive(tmp_path)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_event")

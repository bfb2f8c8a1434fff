"""Whoever touches the trail behind the product's back is found, and the first touched entry is named."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from minfang.kernel.audit import daily
from minfang.kernel.audit.models import AuditChain, AuditEvent, AuditHead
from minfang.kernel.audit.verification import verify
from minfang.kernel.base import clock

Sql = Callable[[str], None]
SHIFT = """
UPDATE audit_event SET sequence = -sequence WHERE sequence >= {first};
UPDATE audit_event SET sequence = -sequence {by} WHERE sequence < 0;
"""


def first_finding() -> tuple[int, int, str]:
    found = verify().findings
    assert len(found) == 1, found
    return found[0].chain, found[0].sequence, found[0].kind


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_an_untouched_trail_is_sound() -> None:
    seen: list[int] = []
    report = verify(progress=lambda done, _: seen.append(done))
    assert (report.sound, report.entries, seen) == (True, 9, [9])


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize(
    "change",
    [
        "summary = '改过'",
        "at = at + interval '1 microsecond'",
        "actor_id = 7",
        "result = 'FAIL'",
        "after = '{}'",
        "port = 1",
        "agent = 'x'",
        "role = '领导'",
        "mac = repeat('a', 64)",
        "previous_mac = repeat('a', 64)",
    ],
)
def test_an_altered_entry_is_named(owner_sql: Sql, change: str) -> None:
    owner_sql(f"UPDATE audit_event SET {change} WHERE sequence = 4")
    assert first_finding() == (1, 4, "ALTERED")


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_a_removed_entry_is_named(owner_sql: Sql) -> None:
    owner_sql("DELETE FROM audit_event WHERE sequence IN (4, 5)")
    assert first_finding() == (1, 4, "MISSING")


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_a_removed_entry_is_named_when_the_rest_moved_up(owner_sql: Sql) -> None:
    owner_sql("DELETE FROM audit_event WHERE sequence = 4;" + SHIFT.format(first=5, by="- 1"))
    assert first_finding() == (1, 4, "MISSING")


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_an_inserted_entry_is_named(owner_sql: Sql) -> None:
    columns = [f.column for f in AuditEvent._meta.fields if f.column not in ("id", "sequence")]
    names = ", ".join(f'"{name}"' for name in columns)
    copy = (
        f"INSERT INTO audit_event (sequence, {names}) SELECT 5, {names} FROM audit_event WHERE sequence = 2;"
    )
    owner_sql(SHIFT.format(first=5, by="+ 1") + copy)
    assert first_finding() == (1, 5, "INSERTED")


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize("other", [4, 8])
def test_two_swapped_entries_are_named(owner_sql: Sql, other: int) -> None:
    owner_sql(
        f"UPDATE audit_event SET sequence = -3 WHERE sequence = 3;"
        f"UPDATE audit_event SET sequence = 3 WHERE sequence = {other};"
        f"UPDATE audit_event SET sequence = {other} WHERE sequence = -3;"
    )
    assert first_finding() == (1, 3, "SWAPPED")
    assert f"第 {other} 条" in verify().findings[0].message


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_a_cut_tail_is_found_by_the_end_of_the_chain(owner_sql: Sql) -> None:
    owner_sql("DELETE FROM audit_event WHERE sequence > 7")
    assert first_finding() == (1, 8, "MISSING")


def cut_with_its_end(owner_sql: Sql) -> None:
    """Everything about the last two entries is taken away, and the chain's end is set back."""
    owner_sql(
        "DELETE FROM audit_event WHERE sequence > 7;"
        "UPDATE audit_chain SET last_sequence = 7, last_mac = "
        "(SELECT mac FROM audit_event WHERE sequence = 7) WHERE number = 1"
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_a_tail_cut_together_with_its_end_is_found_by_the_daily_head(owner_sql: Sql) -> None:
    daily.write()
    cut_with_its_end(owner_sql)
    assert first_finding() == (1, 8, "MISSING")


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_the_second_place_keeps_what_was_removed_from_the_table_too(owner_sql: Sql) -> None:
    daily.write()
    cut_with_its_end(owner_sql)
    owner_sql("DELETE FROM audit_head")
    found = [(finding.sequence, finding.kind) for finding in verify().findings]
    assert found == [(0, "HEAD"), (8, "MISSING")]


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_an_end_that_was_removed_or_set_back_is_found(owner_sql: Sql) -> None:
    owner_sql("DELETE FROM audit_chain WHERE number = 1")
    assert first_finding() == (1, 9, "HEAD")
    mac = AuditEvent.objects.get(sequence=6).mac
    AuditChain.objects.create(number=1, last_sequence=6, last_mac=mac)
    assert first_finding() == (1, 7, "INSERTED")


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_a_forged_daily_head_is_found(owner_sql: Sql) -> None:
    daily.write()
    owner_sql("UPDATE audit_head SET content = replace(content, '[1,9,', '[1,8,')")
    assert any("签名不符" in finding.message for finding in verify().findings)


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_a_day_has_one_head_signed_and_kept_in_two_places(settings: Any) -> None:
    head = daily.write()
    assert head is not None
    assert daily.state_of(head) == ""
    assert daily.write() is None
    path = Path(settings.AUDIT_HEADS) / f"{clock.today()}.json"
    path.unlink()
    assert daily.state_of(head) == "异地文件不在"
    daily.write()
    assert path.exists()
    with clock.moved_to(clock.now() + timedelta(days=1)):
        following = daily.write()
    assert following is not None
    assert AuditHead.objects.count() == 2
    assert following.content != head.content


@pytest.mark.django_db
def test_a_span_of_days_is_verified_by_itself(trail: None, owner_sql: Sql) -> None:
    day = AuditEvent.objects.get(sequence=1).at
    owner_sql(
        "UPDATE audit_event SET summary = '改过' WHERE sequence = 2;"
        "UPDATE audit_event SET at = at - interval '3 days' WHERE sequence <= 3"
    )
    assert verify(since=day - timedelta(hours=1)).sound
    assert not verify(until=day - timedelta(days=1)).sound
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_event")
        assert cursor.fetchone() == (9,)

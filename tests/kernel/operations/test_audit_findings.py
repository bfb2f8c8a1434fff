"""Old entries that wait for the archive are named; a clock that jumps leaves a trace and a finding."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from minfang.kernel.audit import alarms
from minfang.kernel.audit.actions import record
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.base.periodic import registered
from minfang.kernel.iam import policy
from minfang.kernel.operations import audit_findings, clock_watch
from minfang.kernel.operations.clock_watch import Look

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _first_look(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from contextlib import contextmanager

    @contextmanager
    def plain() -> Iterator[str]:
        yield "default"

    monkeypatch.setattr(alarms, "connection_of_its_own", plain)
    clock_watch.forget()
    yield
    clock_watch.forget()


def test_entries_past_their_time_on_line_are_named_until_they_are_archived() -> None:
    with transaction.atomic():
        record("case.submit", person=None, target="case:1", summary="x")
    first = AuditEvent.objects.order_by("at")[0].at
    days = policy.current().audit_online_days
    with clock.moved_to(first + timedelta(days=days - 1)):
        assert list(audit_findings.archive_due()) == []
    with clock.moved_to(first + timedelta(days=days, minutes=1)):
        (found,) = audit_findings.archive_due()
    assert "minfang audit archive" in found.advice
    assert found.since == first + timedelta(days=days)


@pytest.mark.parametrize(("seconds", "words"), [(61.0, "向前跳变 61 秒"), (-3600.0, "向后跳变 3600 秒")])
def test_a_jump_of_the_clock_is_in_the_trail_and_on_the_page(seconds: float, words: str) -> None:
    begin = Look(clock.now(), 1000.0)
    clock_watch.compare(begin)
    jumped = Look(begin.wall + timedelta(seconds=30 + seconds), 1030.0)
    assert clock_watch.compare(jumped) == pytest.approx(seconds)
    assert words in AuditEvent.objects.get(action="clock.jumped").summary
    (found,) = audit_findings.clock_jumped()
    assert (found.severity, words in found.detail) == ("BAD", True)
    steady = Look(jumped.wall + timedelta(seconds=30), 1060.0)
    assert clock_watch.compare(steady) == 0


def test_a_clock_that_is_drawn_gently_is_nothing_to_tell() -> None:
    begin = Look(clock.now(), 1000.0)
    clock_watch.compare(begin)
    assert clock_watch.compare(Look(begin.wall + timedelta(seconds=85), 1030.0)) == 0
    assert not AuditEvent.objects.filter(action="clock.jumped").exists()
    assert list(audit_findings.clock_jumped()) == []
    assert "kernel.operations.clock_watch.watch" in [entry.name for entry in registered()]

"""A verification is kept, is itself in the trail, and tells the security administrator what it found."""

from collections.abc import Callable

import pytest

from minfang.kernel.audit import jobs
from minfang.kernel.audit.checking import check
from minfang.kernel.audit.models import AuditCheck, AuditEvent, SecurityAlarm
from minfang.kernel.base import clock
from minfang.project.cli import parser


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_a_sound_trail_is_recorded_as_checked() -> None:
    assert check(person=None).sound
    kept = AuditCheck.objects.get()
    assert (kept.sound, kept.done, kept.findings) == (True, 9, [])
    assert kept.finished_at is not None
    assert AuditEvent.objects.get(action="audit.verify").result == "OK"
    assert not SecurityAlarm.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_the_command_names_the_first_touched_entry_and_fails(
    owner_sql: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> tuple[int, str]:
        options = parser().parse_args(["audit", *words])
        return options.function(options), capsys.readouterr().out

    status, printed = run("verify")
    assert (status, "审计日志完整" in printed) == (0, True)
    assert run("heads", "--write")[0] == 0
    owner_sql("UPDATE audit_event SET summary = '改过' WHERE sequence IN (3, 6)")
    status, printed = run("verify")
    assert status == 1
    assert "1 号链 第 3 条 被改动" in printed
    assert "第 6 条" not in printed
    assert run("verify", "--from", "2020-01-01", "--to", "2020-02-01")[0] == 0
    assert "audit.broken" in SecurityAlarm.objects.get().kind


@pytest.mark.django_db
@pytest.mark.usefixtures("trail")
def test_the_trail_is_verified_once_a_night_and_not_by_day() -> None:
    for hour, checks in ((12, 0), (2, 1), (3, 1)):
        with clock.moved_to(clock.now().replace(hour=hour)):
            jobs.verify_nightly()
        assert AuditCheck.objects.count() == checks, hour

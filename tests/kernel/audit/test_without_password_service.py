"""While the password service is silent nothing is called broken, and what has to be signed waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from minfang.kernel.administration.trail import queries
from minfang.kernel.audit import daily, jobs, signing
from minfang.kernel.audit.models import AuditCheck, AuditHead, SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.crypto import port
from minfang.project.cli import parser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("trail")]


class Silent:
    """An adapter whose far end does not answer."""

    def __getattr__(self, name: str) -> Any:
        def ask(*_: object, **__: object) -> None:
            raise port.CryptoUnavailable("密码服务没有答复")

        return ask


@contextmanager
def silence() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signing.port, "current", Silent)
        yield


def test_the_head_of_the_day_waits_and_is_written_when_the_service_is_back(settings: Any) -> None:
    with silence():
        jobs.write_heads()
        jobs.write_heads()
    assert not AuditHead.objects.exists()
    assert list(Path(settings.AUDIT_HEADS).glob("*")) == []
    alarm = SecurityAlarm.objects.get()
    assert (alarm.kind, alarm.count) == ("audit.head_waiting", 2)
    jobs.write_heads()
    assert AuditHead.objects.get().day == clock.today()


def test_the_page_of_checks_says_that_heads_could_not_be_verified(capsys: pytest.CaptureFixture[str]) -> None:
    daily.write()
    with silence():
        shown = queries.checks()
        options = parser().parse_args(["audit", "heads", "--write"])
        assert options.function(options) == 1
    assert [head["state"] for head in shown["heads"]] == ["密码服务暂时不可用，未能核验"]
    assert "未能核验" in capsys.readouterr().out
    assert [head["state"] for head in queries.checks()["heads"]] == [""]


def test_the_verification_of_the_night_is_tried_again_and_calls_nothing_broken() -> None:
    daily.write()
    with clock.moved_to((clock.now() + timedelta(days=1)).replace(hour=2)):
        with silence():
            jobs.verify_nightly()
        tried = AuditCheck.objects.get()
        assert (tried.sound, tried.findings) == (False, [{"message": "密码服务暂时不可用，未能核验"}])
        assert not SecurityAlarm.objects.filter(kind="audit.broken").exists()
        jobs.verify_nightly()
        jobs.verify_nightly()
    assert [row.sound for row in AuditCheck.objects.order_by("pk")] == [False, True]

"""A certificate that ends within a month is a finding; one that has ended also an alarm."""

from datetime import datetime, timedelta

import pytest

from minfang.kernel.base import clock
from minfang.kernel.crypto import expiry, port
from minfang.kernel.operations import certificate_findings as watching
from minfang.kernel.operations import findings
from minfang.kernel.operations.findings import Finding

pytestmark = pytest.mark.django_db
NAME = "服务器签名"


def about() -> list[Finding]:
    return [found for found in findings.today() if found.area == "密码" and NAME in found.detail]


def end_of_own() -> datetime:
    return expiry.own().end


def test_nothing_is_said_of_a_certificate_that_holds_for_long() -> None:
    assert about() == []


def test_within_a_month_of_its_end_it_is_named_with_the_way_to_the_page() -> None:
    with clock.moved_to(end_of_own() - timedelta(days=29, hours=1)):
        found = about()
    assert [(one.severity, one.link) for one in found] == [("WARN", "/admin/keys")]
    assert "29 天后到期" in found[0].title
    with clock.moved_to(end_of_own() - timedelta(days=32)):
        assert about() == []


def test_an_expired_one_is_the_worst_kind_of_finding_and_alarms_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(watching, "_told", set())
    monkeypatch.setattr(watching, "raise_alarm", lambda kind, target, **_: told.append(f"{kind} {target}"))
    monkeypatch.setattr(expiry, "trusted_roots", tuple)
    own = expiry.own()
    watching.watch()
    assert told == []
    with clock.moved_to(own.end + timedelta(hours=1)):
        assert [one.severity for one in about()] == ["BAD"]
        watching.watch()
        watching.watch()
    assert told == [f"crypto.certificate_expired certificate:{own.serial}"]


def test_a_silent_password_service_is_a_finding_and_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> port.CryptoPort:
        raise port.CryptoUnavailable("密码服务没有答复")

    monkeypatch.setattr(expiry.port, "current", silent)
    assert any(found.title == "取不到服务器签名证书" for found in findings.today())

"""Alarms reach the security administrator, whatever becomes of the transaction that raised them."""

import pytest
from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.alarms import acknowledge, raise_alarm
from minfang.kernel.audit.models import AuditEvent, SecurityAlarm
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.models import Person


@pytest.mark.django_db(transaction=True)
def test_an_alarm_outlives_the_transaction_that_raised_it() -> None:
    with pytest.raises(ValueError, match="undone"), transaction.atomic():
        record("case.submit", person=None, target="case:1", summary="提交")
        raise_alarm("policy.tampered", target="policy:password_days", summary="安全策略被改动")
        raise ValueError("undone")
    assert not AuditEvent.objects.exists()
    assert SecurityAlarm.objects.get().target == "policy:password_days"


@pytest.mark.django_db
def test_repeats_are_counted_until_somebody_says_what_was_done() -> None:
    person = Person.objects.create(username="sec", name="安全员", kind="STAFF")
    for number in range(3):
        raise_alarm("scan", target="10.0.0.9", summary="扫描", details={"n": number})
    alarm = SecurityAlarm.objects.get()
    assert (alarm.count, alarm.details) == (3, {"n": 2})
    acknowledge(alarm.pk, person=person, note="已封禁该地址")
    raise_alarm("scan", target="10.0.0.9", summary="扫描")
    assert sorted(SecurityAlarm.objects.values_list("count", flat=True)) == [1, 3]
    assert AuditEvent.objects.get(action="alarm.acknowledge").reason == "已封禁该地址"


@pytest.mark.django_db
def test_an_alarm_is_acknowledged_once_and_with_a_note() -> None:
    person = Person.objects.create(username="sec", name="安全员", kind="STAFF")
    raise_alarm("scan", target="10.0.0.9", summary="扫描")
    number = SecurityAlarm.objects.get().pk
    with pytest.raises(Refusal) as empty:
        acknowledge(number, person=person, note=" ")
    assert empty.value.code == "NOTE_NEEDED"
    acknowledge(number, person=person, note="误报")
    with pytest.raises(Refusal) as twice:
        acknowledge(number, person=person, note="误报")
    assert twice.value.code == "STALE"


@pytest.mark.django_db
def test_an_alarm_that_cannot_be_written_does_not_fail_its_caller(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("minfang.kernel.audit.alarms._write", broken)
    raise_alarm("scan", target="10.0.0.9", summary="扫描")
    assert "could not be written" in caplog.text

"""The audit trail: in the transaction of its change, or not at all; never changed afterwards."""

import pytest
from django.db import transaction
from django.test import Client

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.iam.models import Person


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_a_fault() -> None:
    with pytest.raises(RuntimeError):
        record("case.submit", person=None, target="case:1", summary="提交")


@pytest.mark.django_db(transaction=True)
def test_a_change_that_fails_leaves_no_event() -> None:
    with pytest.raises(ValueError, match="late"), transaction.atomic():
        record("case.submit", person=None, target="case:1", summary="提交")
        raise ValueError("late")
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_events_are_neither_changed_nor_deleted() -> None:
    with transaction.atomic():
        record("case.submit", person=None, target="case:1", summary="提交")
    event = AuditEvent.objects.get()
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
    assert len(event.mac) == 64


@pytest.mark.django_db
def test_a_refused_sign_in_is_recorded_with_address_and_request_id(client: Client) -> None:
    Person.objects.create(username="zhang.san", name="张三", kind="STAFF")
    body = {"username": "zhang.san", "password": "wrong"}
    answer = client.post(
        "/api/session/password", body, content_type="application/json", REMOTE_ADDR="10.1.2.3"
    )
    assert answer.status_code == 401
    event = AuditEvent.objects.get(action="session.refused")
    assert event.address == "10.1.2.3"
    assert event.request_id == answer["X-Request-Id"]
    assert "wrong" not in str(vars(event))

"""The security policy changes only when a second security administrator agrees."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.kernel.administration.conftest import Office

from minfang.kernel.audit.models import AuditEvent, SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.iam import policy
from minfang.kernel.iam.actions import policies
from minfang.kernel.iam.models import PolicyRequest, SecurityPolicy

pytestmark = pytest.mark.django_db
TIGHTER = {"key": "lockout_minutes", "value": 30, "reason": "按检查意见收紧"}


@pytest.fixture(autouse=True)
def _delivered() -> Any:
    policy.forget()
    yield
    policy.forget()


def asked(office: Office, by: str = "t.sec", **change: Any) -> int:
    status, row = office.browser(by).post("/policies/requests", {**TIGHTER, **change})
    assert status == 200, row
    number: int = row["id"]
    return number


def test_a_value_is_in_force_only_after_a_second_administrator_agrees(office: Office) -> None:
    number = asked(office)
    assert policy.current().lockout_minutes == 15
    status, row = office.browser("t.sec2").post(f"/policies/requests/{number}/approve", {"note": "同意"})
    assert (status, row["state"], row["decided_by"]) == (200, "APPROVED", "t.sec2")
    assert policy.current().lockout_minutes == 30
    event = AuditEvent.objects.get(action="policy.set")
    assert (event.before, event.after) == (
        {"lockout_minutes": 15, "proposed_by": "t.sec"},
        {"lockout_minutes": 30},
    )
    step = office.browser("t.sec").get("/policies/history")[0]
    assert [step[name] for name in ("before", "after", "proposed_by", "person", "reason")] == [
        15,
        30,
        "t.sec",
        "t.sec2",
        TIGHTER["reason"],
    ]


@pytest.mark.parametrize("verb", ["approve", "refuse"])
def test_nobody_decides_about_their_own_proposal(office: Office, verb: str) -> None:
    number = asked(office, key="second_factor_required", value=False)
    status, answer = office.browser("t.sec").post(f"/policies/requests/{number}/{verb}", {"note": "自己"})
    assert (status, answer["code"]) == (403, "FORBIDDEN")
    assert policy.current().second_factor_required is True


def test_the_database_too_refuses_an_approval_by_one_person(office: Office) -> None:
    row = PolicyRequest.objects.get(pk=asked(office))
    for decider in (row.proposed_by_id, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            PolicyRequest.objects.filter(pk=row.pk).update(state="APPROVED", decided_by=decider)


def test_a_refusal_says_why_and_a_decided_proposal_is_not_decided_again(office: Office) -> None:
    number = asked(office)
    other = office.browser("t.sec2")
    assert other.post(f"/policies/requests/{number}/refuse", {"note": " "})[0] == 422
    assert other.post(f"/policies/requests/{number}/refuse", {"note": "没有依据"})[1]["note"] == "没有依据"
    assert other.post(f"/policies/requests/{number}/approve", {})[0] == 409
    assert not SecurityPolicy.objects.exists()


def test_one_change_waits_once_and_only_who_asked_takes_it_back(office: Office) -> None:
    number = asked(office)
    assert office.browser("t.sec2").post("/policies/requests", {**TIGHTER, "value": 60})[0] == 409
    assert office.browser("t.sec2").post(f"/policies/requests/{number}/withdraw")[0] == 403
    assert office.browser("t.sec").post(f"/policies/requests/{number}/withdraw")[1]["state"] == "WITHDRAWN"
    assert asked(office) != number


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"value": 100000}, 422),
        ({"value": 15}, 422),
        ({"reason": "   "}, 422),
        ({"key": "no_such"}, 404),
    ],
)
def test_what_cannot_be_put_in_force_is_not_taken(office: Office, change: Any, status: int) -> None:
    assert office.browser("t.sec").post("/policies/requests", {**TIGHTER, **change})[0] == status


def test_a_proposal_nobody_decides_expires(office: Office) -> None:
    number = asked(office)
    later = clock.now() + timedelta(days=policy.current().grant_request_days, minutes=1)
    with clock.moved_to(later):
        assert office.browser("t.sec2").post(f"/policies/requests/{number}/approve", {})[0] == 409
        assert policies.expire_policy_requests() == 1
    assert PolicyRequest.objects.get(pk=number).state == "EXPIRED"


@pytest.mark.django_db(transaction=True)
def test_a_proposal_changed_past_the_product_is_never_put_in_force(office: Office) -> None:
    number = asked(office)
    PolicyRequest.objects.filter(pk=number).update(value=1440)
    status, answer = office.browser("t.sec2").post(f"/policies/requests/{number}/approve", {})
    assert (status, answer["code"]) == (403, "ROW_TAMPERED")
    assert SecurityAlarm.objects.filter(kind="row.tampered").exists()
    assert policy.current().lockout_minutes == 15


def test_the_list_shows_each_reader_what_they_may_do(office: Office) -> None:
    asked(office)
    for reader, mine in (("t.sec", True), ("t.sec2", False)):
        page = office.browser(reader).get("/policies/requests?state=WAITING")
        row = page["rows"][0]
        assert (page["waiting"], row["mine"], row["may_decide"], row["sound"]) == (1, mine, not mine, True)
        assert (row["label"], row["before"], row["value"], row["unit"]) == ("锁定时长", 15, 30, "分钟")
    assert office.browser("t.sys").call("GET", "/policies/requests")[0] == 403

"""What officers do with a case besides deciding, and the applicant's own withdrawal, over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.services.test_life_of_a_case import act, deliver, fill_in, sign, submit
from tests.support.sandbox import Sandbox

from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.iam.models import Organization
from minfang.services.models import Case

pytestmark = pytest.mark.django_db(transaction=True)
Users = Callable[[str], Any]


@pytest.fixture
def case_id(user: Users, sample: dict[str, Any], pdf: bytes, sandbox: Sandbox) -> int:
    """A case that has been accepted and lies with its officer."""
    applicant = user("gu.shuyan")
    number = fill_in(applicant, sample, pdf)
    sign(applicant, number)
    submit(applicant, number)
    deliver()
    act(user("huang.siqi"), number, "complete", "PASS")
    act(user("shen.jiahe"), number, "complete", "ACCEPT")
    return number


def offered(officer: Any, case_id: int) -> set[str]:
    return {verb["verb"] for verb in officer.get(f"/office/cases/{case_id}")["verbs"]}


def sent(case_id: int, dataset: str) -> list[dict[str, Any]]:
    subject = Case.objects.get(pk=case_id).subject
    messages = OutboxMessage.objects.filter(subject=subject, dataset=dataset).order_by("id")
    return [message.payload for message in messages]


def all_taken(case_id: int) -> bool:
    deliver()
    subject = Case.objects.get(pk=case_id).subject
    left = OutboxMessage.objects.filter(subject=subject).exclude(state="DONE")
    assert list(left.values_list("dataset", "last_error")) == []
    return True


def test_a_special_procedure_stops_the_clock_and_is_told_outside(user: Users, case_id: int) -> None:
    handler = user("shen.jiahe")
    due = Case.objects.get(pk=case_id).promise_due
    act(handler, case_id, "suspend", opinion="组织专家评审。", until="2099-12-31")
    page = handler.get(f"/office/cases/{case_id}")
    assert (page["status"], page["deadline"]["light"]["colour"]) == ("SPECIAL", "GREY")
    act(handler, case_id, "resume", opinion="评审已完成。")
    case = Case.objects.get(pk=case_id)
    assert (case.status, case.is_paused, case.promise_due) == ("REVIEWING", False, due)
    records = sent(case_id, "specialNode")
    assert [(row["sn"], row["specialtype"], row["specialnodetype"]) for row in records] == [
        (1, "2", "0"),
        (2, "2", "1"),
    ]
    assert all_taken(case_id)


def test_a_signer_before_a_delegate_and_taking_off(user: Users, case_id: int) -> None:
    handler = user("shen.jiahe")
    people = handler.get(f"/office/cases/{case_id}/colleagues?purpose=sign")
    head = next(person for person in people if person["name"] == "范知远")
    act(handler, case_id, "add_signer", opinion="请核面积", transfer_to=head["id"], when="before")
    page = handler.get(f"/office/cases/{case_id}")
    assert page["item_id"] is None
    (signer,) = page["signers"]
    assert (signer["name"], signer["seat"]) == ("范知远", "前加签")
    act(user("fan.zhiyuan"), case_id, "complete", "AGREE", "面积无误。")
    page = handler.get(f"/office/cases/{case_id}")
    assert [(o["who"], o["seat"], o["outcome_label"]) for o in page["opinions"] if o["seat"]] == [
        ("范知远", "前加签", "同意")
    ]
    act(handler, case_id, "add_signer", opinion="", transfer_to=head["id"], when="parallel")
    (signer,) = handler.get(f"/office/cases/{case_id}")["signers"]
    body = {"item_id": signer["item_id"], "verb": "remove_signer", "seen_version": 1}
    handler.post(f"/office/cases/{case_id}/act", body)
    assert handler.get(f"/office/cases/{case_id}")["signers"] == []
    act(handler, case_id, "complete", "SUBMIT", "建议准予。")
    assert all_taken(case_id)


@pytest.mark.feature(20)
def test_a_case_is_cancelled_with_the_consent_of_the_section(user: Users, case_id: int) -> None:
    handler, head = user("shen.jiahe"), user("fan.zhiyuan")
    act(handler, case_id, "ask_cancel", opinion="重复申报。")
    assert handler.get(f"/office/cases/{case_id}")["status"] == "CANCELLING"
    assert head.get(f"/office/cases/{case_id}")["asked"] == "沈嘉禾报批撤销：重复申报。"
    act(head, case_id, "complete", "REFUSE", "理由不足。")
    assert handler.get(f"/office/cases/{case_id}")["status"] == "REVIEWING"
    act(handler, case_id, "ask_cancel", opinion="重复申报。")
    act(head, case_id, "complete", "AGREE", "同意。")
    case = Case.objects.get(pk=case_id)
    assert (case.status, case.done_result, case.due_on) == ("CANCELLED", "2", None)
    assert case.closed_at is not None
    assert [row["doneresult"] for row in sent(case_id, "stepDone")] == ["2"]
    assert all_taken(case_id)


def test_an_applicant_takes_the_application_back_before_the_decision(user: Users, case_id: int) -> None:
    applicant = user("gu.shuyan")
    assert applicant.get(f"/portal/cases/{case_id}")["may_withdraw"]
    applicant.post(f"/portal/cases/{case_id}/withdraw", {"reason": " "}, 422)
    applicant.post(f"/portal/cases/{case_id}/withdraw", {"reason": "方案调整，重新申报。"}, 204)
    mine = applicant.get(f"/portal/cases/{case_id}")
    assert (mine["status"], mine["may_withdraw"]) == ("CANCELLED", False)
    assert (mine["timeline"][0]["title"], "方案调整" in mine["timeline"][0]["detail"]) == ("办件终止", True)
    applicant.post(f"/portal/cases/{case_id}/withdraw", {"reason": "再撤"}, 409)
    (record,) = sent(case_id, "stepDone")
    assert (record["doneresult"], record["exitres"]) == ("5", "申请人撤回申请：方案调整，重新申报。")
    assert all_taken(case_id)


@pytest.mark.feature(14)
def test_a_case_goes_from_the_city_to_a_district_with_its_days(user: Users, case_id: int) -> None:
    handler = user("shen.jiahe")
    before = Case.objects.get(pk=case_id)
    choices = handler.get(f"/office/cases/{case_id}/offices")
    assert choices
    assert all(choice["people"] for choice in choices)
    act(handler, case_id, "hand_over", opinion="属区级审批权限。", office_to=choices[0]["id"])
    case = Case.objects.get(pk=case_id)
    assert case.organization == Organization.objects.get(pk=choices[0]["id"])
    assert (case.internal_no, case.promise_due, case.legal_due) == (
        before.internal_no,
        before.promise_due,
        before.legal_due,
    )
    handler.get(f"/office/cases/{case_id}", 404)
    assert sent(case_id, "baseInfo")[-1]["acceptdeptname"] == choices[0]["name"]
    assert all_taken(case_id)


@pytest.mark.feature(19)
def test_a_decided_case_is_voided_in_both_repositories(user: Users, case_id: int) -> None:
    handler, head, deputy = user("shen.jiahe"), user("fan.zhiyuan"), user("lu.wenyuan")
    act(handler, case_id, "complete", "SUBMIT", "建议准予。")
    act(head, case_id, "complete", "AGREE")
    act(deputy, case_id, "complete", "APPROVE")
    act(handler, case_id, "complete", "FINISH")
    deliver()
    act(user("qiao.an"), case_id, "complete", "ISSUE")
    deliver()
    assert "ask_void" in offered(handler, case_id)
    steps = handler.get(f"/office/cases/{case_id}")["opinions"]
    body = {"item_id": steps[-1]["item_id"], "verb": "ask_void", "opinion": "要素错误。", "seen_version": 1}
    handler.post(f"/office/cases/{case_id}/act", body)
    act(head, case_id, "complete", "AGREE")
    act(deputy, case_id, "complete", "AGREE")
    mine = user("gu.shuyan").get(f"/portal/cases/{case_id}")
    assert (mine["status"], mine["status_label"]) == ("VOIDED", "已作废")
    assert [row["doneresult"] for row in sent(case_id, "stepDone")] == ["0", "2"]
    assert [row["status"] for row in sent(case_id, "status")] == ["VOID"]
    assert all_taken(case_id)

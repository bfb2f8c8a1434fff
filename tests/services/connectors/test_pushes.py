"""What is pushed is what the platforms want, under the number they issued."""

from functools import lru_cache
from typing import Any

import pytest
from tests.services.connectors import facts
from tests.support.sandbox import Sandbox

from minfang.kernel.exchange import queries
from minfang.kernel.exchange.actions import drain
from minfang.kernel.exchange.connectors import NotYet, Rejected, Unreachable
from minfang.kernel.exchange.models import OutboxMessage, OutboxState
from minfang.services.connectors import apply_no, case_repository, ecert, outside, rating, wire
from minfang.services.connectors.case_repository import CaseFacts

pytestmark = pytest.mark.django_db


def ask_number(case: CaseFacts) -> OutboxMessage:
    return apply_no.ask(
        case.subject,
        internal_no=case.internal_no,
        item_code=case.item.item_code,
        item_name=case.item.name,
        region="SH00MH",
        applicant=case.applicant.name,
    )


def push_all(case: CaseFacts) -> None:
    ask_number(case)
    case_repository.push_base_info(case)
    case_repository.push_material(case, facts.material())
    for hour, (node, outcome) in enumerate(facts.STEPS, 1):
        case_repository.push_step(case, facts.step(node, outcome, hour), f"{hour}")
    case_repository.push_done(case, facts.done())


def states(case: CaseFacts) -> set[str]:
    return set(queries.of_subject(case.subject).values_list("state", flat=True))


def test_a_whole_case_is_accepted_field_by_field_in_order(sandbox: Sandbox) -> None:
    case = facts.case()
    push_all(case)
    drain(50)
    assert states(case) == {OutboxState.DONE}
    number = sandbox.records("apply_no", "internal")[0]["data"]
    kept = sandbox.records("case_repository", case_no=number)
    assert [row["kind"] for row in kept] == ["baseInfo", "preFiles", *["stepProc"] * 8, "stepDone"]
    assert [row["data"]["sn"] for row in kept if row["kind"] == "stepProc"] == list(range(1, 9))
    assert [row["data"]["noderesult"] for row in kept if row["kind"] == "stepProc"] == list("44171111")
    assert kept[0]["data"]["applicantname"] == "吴𬬻"


def test_nothing_reaches_the_repository_before_the_number_is_issued(sandbox: Sandbox) -> None:
    sandbox.faults("apply_no", fail_percent=100)
    case = facts.case()
    push_all(case)
    drain(50)
    assert sandbox.arrivals("case_repository") == []
    with pytest.raises(NotYet):
        outside.case_number(OutboxMessage.objects.get(dataset="baseInfo"))


def test_other_platforms_wait_for_the_number_without_using_up_their_tries(sandbox: Sandbox) -> None:
    case = facts.case()
    ecert.change_state(case.subject, "1.2.156", "VOID", "要素错误")
    drain(10)
    message = OutboxMessage.objects.get()
    assert (message.state, message.tries) == (OutboxState.WAITING, 0)
    assert "统一审批编码" in message.last_error


def test_a_rejection_names_every_wrong_field_and_stops_the_case_there(sandbox: Sandbox) -> None:
    from dataclasses import replace

    good = facts.case()
    case = replace(good, applicant=replace(good.applicant, legal_rep="", contact_mobile="123"))
    push_all(case)
    drain(50)
    message = OutboxMessage.objects.get(dataset="baseInfo")
    assert message.state == OutboxState.DEAD
    for part in ("基本信息有 2 处不符合要求", "联系人手机应为 11 位手机号", "法定代表人法人办件必填"):
        assert part in message.last_error
    assert OutboxMessage.objects.filter(dataset="stepProc").exclude(state=OutboxState.PENDING).count() == 0
    assert sandbox.records("case_repository") == []


def test_the_same_event_is_one_push_whenever_it_is_told(sandbox: Sandbox) -> None:
    case = facts.case()
    first = case_repository.push_step(case, facts.step("N10_RECEIVE", "DONE", 1), "7")
    again = case_repository.push_step(case, facts.step("N10_RECEIVE", "DONE", 1), "7")
    assert first.pk == again.pk


@pytest.mark.parametrize(
    ("node", "outcome", "expected"),
    [
        ("N20_ACCEPT", "ACCEPT", ("1", "4")),
        ("N20_ACCEPT", "NOT_ACCEPT", ("4", "3")),
        ("N25_SUPPLEMENT", "SUPPLEMENT", ("1", "5")),
        ("N40_CHECK", "RETURN", ("2", "7")),
        ("N50_APPROVE", "DENY", ("2", "0")),
        ("N60_FINISH", "DENY", ("3", "0")),
        ("N70_CERT", "ISSUE", ("3", "1")),
        ("N99_NEW", "PASS", ("2", "1")),
    ],
)
def test_steps_are_told_in_the_platforms_codes(node: str, outcome: str, expected: tuple[str, str]) -> None:
    assert case_repository.node_result(node, outcome) == expected


@pytest.mark.parametrize(
    ("ours", "theirs", "words"), [(1, 5, "非常满意"), (3, 3, "基本满意"), (5, 1, "非常不满意")]
)
def test_satisfaction_is_turned_round_for_a_platform_that_counts_upwards(
    sandbox: Sandbox, ours: int, theirs: int, words: str
) -> None:
    case = facts.case()
    ask_number(case)
    rating.push(
        case,
        rating.RatingFacts(1, ours, "好", ("流程便捷",), facts.START, facts.START, "DONE", "办结", "闵行区"),
    )
    drain(10)
    (kept,) = sandbox.records("rating", "rating")
    assert (kept["data"]["satisfaction"], kept["data"]["words"]) == (theirs, words)


@pytest.mark.parametrize(
    ("switches", "kind", "reason"),
    [
        ({"mode": "error"}, Unreachable, "平台答复 500：演示故障：平台内部错误"),
        ({"mode": "timeout", "hang_seconds": 1}, Unreachable, "平台未在 0.2 秒内答复"),
        ({"mode": "lost_answer", "hang_seconds": 1}, Unreachable, "平台未在 0.2 秒内答复"),
        ({"mode": "reject"}, Rejected, "演示故障：平台拒绝"),
    ],
)
def test_each_way_a_platform_fails_is_told_apart(
    sandbox: Sandbox, settings: Any, switches: dict[str, Any], kind: type[Exception], reason: str
) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.2
    sandbox.faults("apply_no", fail_next=1, **switches)
    with pytest.raises(kind) as error:
        outside.call("apply_no", "/apply-no", body={"item_code": "1", "internal_no": "2"}, key="k")
    assert str(error.value) == reason


def test_a_platform_that_is_switched_off_or_has_no_token_is_tried_again(
    sandbox: Sandbox, settings: Any
) -> None:
    settings.OUTSIDE_TOKEN = "wrong"
    with pytest.raises(Unreachable, match="401"):
        outside.call("apply_no", "/apply-no", body={})
    settings.OUTSIDE_URLS = {"apply_no": "http://127.0.0.1:9"}
    with pytest.raises(Unreachable, match="无法连接平台"):
        outside.call("apply_no", "/apply-no", body={})


def test_request_and_answer_of_every_try_are_kept(sandbox: Sandbox) -> None:
    message = ask_number(facts.case())
    drain(1)
    attempt = message.attempts.get()
    assert f"Idempotency-Key: {message.key}" in attempt.request
    assert '"apply_no"' in attempt.response
    assert attempt.status == 200


def test_records_travel_encrypted_and_are_kept_readable_in_the_log(sandbox: Sandbox) -> None:
    case = facts.case()
    push_all(case)
    drain(2)
    attempt = OutboxMessage.objects.get(dataset="baseInfo").attempts.get()
    assert case.applicant.contact_mobile in attempt.request
    with pytest.MonkeyPatch.context() as patch:
        sent: list[bytes] = []
        send = wire.send

        def spy(method: str, url: str, headers: Any, content: bytes, timeout: float) -> Any:
            sent.append(content)
            return send(method, url, headers, content, timeout)

        patch.setattr(wire, "send", spy)
        drain(1)
    assert "规划意见".encode() not in sent[0]


def test_a_platform_that_changed_its_key_is_asked_for_it_again(sandbox: Sandbox) -> None:
    from minfang.kernel.crypto import sm2

    case = facts.case()
    ask_number(case)
    drain(1)
    case_repository.push_base_info(case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(case_repository, "_platform_key", lru_cache(lambda *_: sm2.generate().public))
        patch.setenv("MINFANG_RETRY_SCHEDULE", "0s")
        drain(1)
    message = OutboxMessage.objects.get(dataset="baseInfo")
    assert (message.state, "无法解密" in message.last_error) == (OutboxState.WAITING, True)
    drain(1)
    message.refresh_from_db()
    assert message.state == OutboxState.DONE

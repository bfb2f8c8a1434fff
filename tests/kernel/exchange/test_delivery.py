"""Messages leave in order, once, and are never dropped."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from tests.kernel.exchange.conftest import MemoryPlatform

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.exchange import connectors, queries
from minfang.kernel.exchange.actions import (
    KeyReused,
    cancel,
    claiming,
    delivering,
    drain,
    enqueue,
    receive,
    recording,
    resend,
)
from minfang.kernel.exchange.actions.claiming import Share
from minfang.kernel.exchange.actions.recording import Finished
from minfang.kernel.exchange.connectors import NotYet, Rejected, Unreachable
from minfang.kernel.exchange.models import DeliveryAttempt, OutboxMessage, OutboxState
from minfang.kernel.iam.models import Person

pytestmark = pytest.mark.django_db


def put(n: int, subject: str = "case:1", connector: str = "memory", **payload: Any) -> OutboxMessage:
    return enqueue(
        connector, "step", subject=subject, payload={"n": n, **payload}, key=f"{connector}:{subject}:{n}"
    )


def test_a_message_arrives_with_its_answer_and_its_evidence(platform: MemoryPlatform) -> None:
    message = put(1)
    report = drain(10)
    message.refresh_from_db()
    assert (report.delivered, message.state, message.answer) == (1, OutboxState.DONE, {"no": "N1"})
    attempt = DeliveryAttempt.objects.get(message=message)
    assert (attempt.request, attempt.response, attempt.status, attempt.number) == ("请求", "答复", 200, 1)


def test_nothing_leaves_when_the_business_change_is_rolled_back(platform: MemoryPlatform) -> None:
    with suppress(RuntimeError), transaction.atomic():
        put(1)
        raise RuntimeError
    drain(10)
    assert platform.calls == []


def test_a_payload_is_frozen_when_the_event_happens(platform: MemoryPlatform) -> None:
    content: dict[str, Any] = {"state": "受理"}
    enqueue("memory", "step", subject="case:1", payload=content, key="k")
    content["state"] = "办结"
    drain(10)
    assert platform.taken["k"] == {"state": "受理"}


def test_the_same_event_written_twice_is_one_message(platform: MemoryPlatform) -> None:
    assert put(1).pk == put(1).pk
    with pytest.raises(KeyReused):
        put(1, other="内容")


def test_a_case_waits_for_its_earlier_message_while_others_go_on(platform: MemoryPlatform) -> None:
    platform.failures = [Rejected("字段缺失")]
    for n in (1, 2):
        put(n)
    other = put(1, "case:2")
    drain(10)
    states = list(OutboxMessage.objects.values_list("subject", "state"))
    assert states == [("case:1", "DEAD"), ("case:1", "PENDING"), ("case:2", "DONE")]
    assert other.sequence == 1


def test_words_no_database_takes_do_not_hold_up_a_message(platform: MemoryPlatform) -> None:
    platform.failures = [Rejected("字段\x00缺失\ud800")]
    put(1)
    drain(10)
    assert OutboxMessage.objects.get().last_error == "字段缺失?"


def test_platforms_take_turns_however_long_one_queue_is(platform: MemoryPlatform) -> None:
    second = MemoryPlatform("second")
    connectors.register(second)
    for n in range(6):
        put(1, f"case:{n}")
    put(1, "case:9", "second")
    drain(2)
    assert (len(platform.calls), len(second.calls)) == (1, 1)


def test_connectors_of_one_lane_keep_one_order() -> None:
    numbers, library = MemoryPlatform("numbers", "library"), MemoryPlatform("library")
    connectors.register(numbers)
    connectors.register(library)
    numbers.failures = [Unreachable("不可达")] * 3
    put(1, connector="numbers")
    put(2, connector="library")
    drain(10)
    assert library.calls == []
    with clock.moved_to(clock.now() + timedelta(hours=2)):
        drain(10)
    assert library.calls == ["library:case:1:2"]


def test_an_unreachable_platform_is_tried_by_the_schedule_with_the_same_key(
    platform: MemoryPlatform,
) -> None:
    platform.failures = [Unreachable("超时")] * 3
    message = put(1)
    drain(10)
    message.refresh_from_db()
    assert (message.state, message.tries, message.last_error) == (OutboxState.WAITING, 3, "超时")
    assert platform.calls == [message.key] * 3
    with clock.moved_to(clock.now() + timedelta(minutes=61)):
        drain(10)
    message.refresh_from_db()
    assert (message.state, len(platform.taken)) == (OutboxState.DONE, 1)


def test_an_exhausted_schedule_leaves_the_message_to_a_person(platform: MemoryPlatform) -> None:
    platform.failures = [Unreachable("超时")] * 99
    message = put(1)
    drain(10)
    with clock.moved_to(clock.now() + timedelta(hours=2)):
        drain(10)
    message.refresh_from_db()
    assert (message.state, message.tries) == (OutboxState.DEAD, 4)
    assert list(queries.needing_a_person()) == [message]


def test_a_refusal_is_not_repeated(platform: MemoryPlatform) -> None:
    platform.failures = [Rejected("事项编码不存在")]
    message = put(1)
    drain(10)
    message.refresh_from_db()
    assert (message.state, message.last_error, len(platform.calls)) == ("DEAD", "事项编码不存在", 1)


def test_a_closed_gate_costs_no_try(platform: MemoryPlatform) -> None:
    platform.failures = [NotYet("统一审批编码尚未取得")]
    message = put(1)
    drain(10)
    message.refresh_from_db()
    assert (message.state, message.tries, message.attempts.count()) == (OutboxState.WAITING, 0, 0)


def test_a_killed_worker_loses_nothing(platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> str:
        raise Killed

    message = put(1)
    with monkeypatch.context() as patch:
        patch.setattr("minfang.kernel.exchange.actions.recording._record", die)
        with pytest.raises(Killed):
            drain(10)
    message.refresh_from_db()
    assert message.state == OutboxState.SENDING
    assert drain(10).handled == 0
    with clock.moved_to(clock.now() + timedelta(minutes=2)):
        drain(10)
    message.refresh_from_db()
    assert message.state == OutboxState.DONE
    assert (platform.calls, len(platform.taken)) == ([message.key] * 2, 1)


def test_a_late_success_of_a_worker_given_up_still_counts(platform: MemoryPlatform) -> None:
    message = put(1)
    ((first,),) = claiming.claim(1, Share())
    done = delivering.call(first)
    with clock.moved_to(clock.now() + timedelta(minutes=2)):
        ((second,),) = claiming.claim(1, Share())
        assert recording.record([Finished(first, done)]) == [OutboxState.DONE]
        late = recording.Try(done.started_at, 1, Unreachable("超时"))
        assert recording.record([Finished(second, late)]) == [OutboxState.DONE]
    assert message.attempts.count() == 2


def test_callbacks_stand_or_fall_with_the_record(platform: MemoryPlatform) -> None:
    seen: list[str] = []

    @connectors.when_delivered("memory", "step")
    def note(message: OutboxMessage, answer: dict[str, Any]) -> None:
        seen.append(answer["no"])
        if len(seen) == 1:
            raise ValueError("尚未准备好")

    message = put(1)
    drain(1)
    message.refresh_from_db()
    assert message.state == OutboxState.WAITING
    assert "回执处理失败" in message.last_error
    drain(1)
    message.refresh_from_db()
    assert (message.state, seen) == (OutboxState.DONE, ["N1", "N1"])


def test_a_fault_in_a_connector_is_shown_and_tried_again(platform: MemoryPlatform) -> None:
    platform.failures = [KeyError("x")]
    message = put(1)
    drain(1)
    message.refresh_from_db()
    assert (message.state, message.last_error) == (OutboxState.WAITING, "接口程序出错：KeyError")


def test_a_message_for_an_unknown_platform_waits_with_the_reason() -> None:
    message = put(1, connector="nowhere")
    drain(1)
    message.refresh_from_db()
    assert message.state == OutboxState.WAITING
    assert "未配置平台接口" in message.last_error


def test_a_person_sends_again_with_the_same_key_and_payload(platform: MemoryPlatform, person: Person) -> None:
    platform.failures = [Rejected("平台字典未更新")]
    message = put(1)
    drain(1)
    resend(OutboxMessage.objects.get(pk=message.pk), person)
    drain(1)
    message.refresh_from_db()
    assert (message.state, list(platform.taken)) == (OutboxState.DONE, [message.key])
    with pytest.raises(Refusal) as refusal:
        resend(message, person)
    assert refusal.value.code == "OUTBOX_SETTLED"


def test_a_person_gives_a_message_up_with_a_reason_and_the_next_may_go(
    platform: MemoryPlatform, person: Person
) -> None:
    from minfang.kernel.audit.models import AuditEvent

    platform.failures = [Rejected("重复")]
    first, second = put(1), put(2)
    drain(1)
    with pytest.raises(Refusal):
        cancel(first, person, "  ")
    cancel(first, person, "平台已线下补录")
    drain(1)
    second.refresh_from_db()
    assert second.state == OutboxState.DONE
    assert AuditEvent.objects.get(action="exchange.cancel").reason == "平台已线下补录"


def test_an_incoming_message_is_new_once_and_a_contradiction_is_kept_visible() -> None:
    _, first = receive("sms", "R1", {"ok": True})
    _, second = receive("sms", "R1", {"ok": True})
    message, third = receive("sms", "R1", {"ok": False})
    assert (first, second, third) == (True, False, False)
    assert (message.repeats, message.contradicted, message.payload) == (2, True, {"ok": True})


def test_the_monitor_names_what_waits_for_how_long_and_why(platform: MemoryPlatform) -> None:
    platform.failures = [Rejected("字段缺失")]
    put(1)
    put(2)
    drain(1)
    with clock.moved_to(clock.now() + timedelta(seconds=90)):
        (status,) = queries.status()
    assert (status.counts, status.unsettled) == ({"DEAD": 1, "PENDING": 1}, 2)
    assert status.oldest_seconds is not None
    assert 89 <= status.oldest_seconds <= 95
    assert status.last_error == "字段缺失"


def test_no_personal_data_stand_in_clear_in_the_outbox(platform: MemoryPlatform) -> None:
    from django.db import connection

    put(1, mobile="13800001234")
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM exchange_outbox")
        assert b"13800001234" not in bytes(cursor.fetchone()[0])

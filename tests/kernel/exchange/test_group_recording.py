"""What ended together is written down together: the number of statements does not grow with the messages."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.kernel.exchange.conftest import MemoryPlatform

from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.actions import claiming, delivering, enqueue, recording
from minfang.kernel.exchange.actions.claiming import Share
from minfang.kernel.exchange.actions.recording import Finished
from minfang.kernel.exchange.connectors import Delivery, Exchanged, Rejected
from minfang.kernel.exchange.models import DeliveryAttempt, OutboxMessage, OutboxState, Platform

pytestmark = pytest.mark.django_db
STATEMENTS_OF_A_GROUP = 5
"""Lock the messages, number the tries, insert them, mark the messages, note that the platform answered."""


def called(lanes: int, each: int, name: str) -> list[Finished]:
    """Results of calls that nobody has recorded yet."""
    for lane in range(lanes):
        for n in range(each):
            enqueue("memory", "step", subject=f"{name}:{lane}", payload={"n": n}, key=f"{name}:{lane}:{n}")
    chains = claiming.claim(lanes * each, Share(("memory",)))
    return [finished for chain in chains for finished in delivering.send(chain)]


def statements(work: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return [row["sql"] for row in captured if not row["sql"].startswith(("SAVEPOINT", "RELEASE SAVEPOINT"))]


def test_recording_forty_results_takes_as_many_statements_as_recording_two(platform: MemoryPlatform) -> None:
    recording.record(called(1, 1, "first"))
    few, many = called(2, 1, "few"), called(8, 5, "many")
    assert (len(few), len(many)) == (2, 40)
    assert len(statements(lambda: recording.record(few))) == STATEMENTS_OF_A_GROUP
    assert len(statements(lambda: recording.record(many))) == STATEMENTS_OF_A_GROUP
    assert OutboxMessage.objects.filter(state=OutboxState.DONE).count() == 43
    assert all(recording.holds(attempt) for attempt in DeliveryAttempt.objects.select_related("message"))


def test_what_was_written_together_is_read_one_by_one(platform: MemoryPlatform) -> None:
    recording.record(called(1, 3, "case"))
    for message in OutboxMessage.objects.all():
        attempt = message.attempts.get()
        assert message.answer == {"no": f"N{message.sequence}"}
        assert (attempt.request, attempt.response, attempt.status) == ("请求", "答复", 200)
        assert (attempt.outcome, attempt.error, attempt.number) == ("DELIVERED", "", 1)


def test_an_empty_answer_and_an_empty_exchange_are_kept_as_such(platform: MemoryPlatform) -> None:
    finished = called(1, 1, "case")[0]
    silent = recording.Try(finished.done.started_at, 0, Delivery({}, Exchanged()))
    recording.record([Finished(finished.message, silent)])
    attempt = DeliveryAttempt.objects.get()
    assert (attempt.request, attempt.response, attempt.status) == ("", "", None)
    assert recording.holds(attempt)
    assert OutboxMessage.objects.get().answer == {}


def test_a_refusal_in_a_group_touches_no_other_message(platform: MemoryPlatform) -> None:
    results = called(3, 1, "case")
    refused = recording.Try(results[1].done.started_at, 5, Rejected("字段有误"))
    states = recording.record([results[0], Finished(results[1].message, refused), results[2]])
    assert states == [OutboxState.DONE, OutboxState.DEAD, OutboxState.DONE]
    dead = OutboxMessage.objects.get(state=OutboxState.DEAD)
    assert (dead.pk, dead.last_error) == (results[1].message.pk, "字段有误")


def test_only_those_of_another_connector_are_told_that_it_is_their_turn() -> None:
    for code in ("memory", "second"):
        connectors.register(MemoryPlatform(code, lane="shared"))
    finished = called(1, 2, "alone")
    assert not [sql for sql in statements(lambda: recording.record(finished[:1])) if "pg_notify" in sql]
    enqueue("second", "step", subject="alone:0", payload={}, key="other")
    told = [sql for sql in statements(lambda: recording.record(finished[1:])) if "pg_notify" in sql]
    assert len(told) == 1
    assert "shared" in told[0]


def test_an_answer_after_failures_counts_them_no_more(platform: MemoryPlatform) -> None:
    results = called(2, 1, "case")
    lost = recording.Try(results[0].done.started_at, 5, connectors.Unreachable("无答复"))
    recording.record([Finished(results[0].message, lost)])
    assert Platform.objects.get().failures == 1
    recording.record(results[1:])
    known = Platform.objects.get()
    assert (known.failures, known.lanes) == (0, [])
    before = known.last_success_at
    recording.record(called(1, 1, "next"))
    after = Platform.objects.get().last_success_at
    assert before is not None
    assert after is not None
    assert after > before

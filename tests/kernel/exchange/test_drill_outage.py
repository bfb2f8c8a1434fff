"""Drills of an absent platform: left alone, probed, no message used up, everything caught up in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from tests.kernel.exchange.conftest import MemoryPlatform

from minfang.kernel.audit.models import SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.exchange import queries, schedule, tuning
from minfang.kernel.exchange.actions import cancel, claiming, drain, enqueue, resend
from minfang.kernel.exchange.actions.claiming import Share
from minfang.kernel.exchange.connectors import Delivery, Unreachable
from minfang.kernel.exchange.models import BreakerState, OutboxMessage, OutboxState, Platform
from minfang.kernel.iam.models import Person

pytestmark = pytest.mark.django_db


class Switched(MemoryPlatform):
    """On or off as a whole; off it does not answer. ``forgetful`` loses that many answers after acting."""

    on = True
    forgetful = 0

    def deliver(self, message: OutboxMessage) -> Delivery:
        if not self.on:
            self.calls.append(message.key)
            raise Unreachable("平台未答复")
        delivery = super().deliver(message)
        if self.forgetful:
            self.forgetful -= 1
            raise Unreachable("平台未在 5 秒内答复")
        return delivery


@pytest.fixture
def switched(monkeypatch: pytest.MonkeyPatch) -> Switched:
    from minfang.kernel.exchange import connectors

    monkeypatch.delenv("MINFANG_RETRY_SCHEDULE")
    platform = Switched()
    connectors.register(platform)
    return platform


def write(cases: int, each: int) -> None:
    for case in range(cases):
        for n in range(each):
            enqueue("memory", "step", subject=f"case:{case}", payload={"n": n}, key=f"{case}:{n}")


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with clock.moved_to(moment):
        yield


def live_through(start: datetime, days: float, step: timedelta) -> datetime:
    """The worker wakes every ``step`` for so many days; the moment afterwards."""
    moment, end = start, start + timedelta(days=days)
    while moment < end:
        with at(moment):
            drain(200)
        moment += step
    return moment


def assert_complete_and_in_order(platform: Switched, cases: int, each: int) -> None:
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {OutboxState.DONE}
    assert len(platform.taken) == cases * each
    for case in range(cases):
        mine = [key for key in platform.taken if key.startswith(f"{case}:")]
        assert mine == [f"{case}:{n}" for n in range(each)]


def test_three_days_away_lose_nothing_use_up_no_try_and_are_caught_up_in_order(switched: Switched) -> None:
    switched.on = False
    write(6, 3)
    back = live_through(clock.now(), 3, timedelta(hours=2))
    assert not OutboxMessage.objects.filter(state=OutboxState.DEAD).exists()
    assert max(OutboxMessage.objects.values_list("tries", flat=True)) <= 3
    assert len(switched.calls) < 3 * 12 + 20, "an absent platform is probed, not hammered"
    switched.on = True
    live_through(back, 0.2, timedelta(hours=1))
    assert_complete_and_in_order(switched, 6, 3)
    assert Platform.objects.get().state == BreakerState.CLOSED


def test_the_breaker_opens_shows_itself_and_raises_an_alarm(switched: Switched) -> None:
    switched.on = False
    write(tuning.current().failures, 1)
    drain(100)
    (status,) = queries.status()
    assert (status.breaker, status.breaker_label, status.last_error) == ("OPEN", "已暂停", "平台未答复")
    assert SecurityAlarm.objects.filter(kind="exchange.platform_away").count() == 1
    before = len(switched.calls)
    write_one_more("later")
    drain(100)
    assert len(switched.calls) == before, "while it is open nobody calls"


def write_one_more(name: str) -> OutboxMessage:
    return enqueue("memory", "step", subject=f"case:{name}", payload={}, key=name)


def test_a_probe_is_one_message_and_costs_it_nothing(switched: Switched) -> None:
    switched.on = False
    write(tuning.current().failures + 5, 1)
    drain(100)
    before, tries = len(switched.calls), dict(OutboxMessage.objects.values_list("pk", "tries"))
    with at(clock.now() + timedelta(seconds=11)):
        drain(100)
    assert len(switched.calls) == before + 1
    assert dict(OutboxMessage.objects.values_list("pk", "tries")) == tries
    known = Platform.objects.get()
    assert (known.state, known.openings) == (BreakerState.OPEN, 2)


def test_one_message_a_platform_cannot_take_does_not_stop_the_others(switched: Switched) -> None:
    switched.on = False
    write_one_more("bad")
    start = clock.now()
    for hour in (0, 1, 2, 3, 4, 5, 8, 12, 40, 60):
        with at(start + timedelta(hours=hour)):
            drain(10)
    assert OutboxMessage.objects.get().state == OutboxState.DEAD
    assert Platform.objects.get().state == BreakerState.CLOSED


def test_the_whole_schedule_is_lived_through_before_a_person_is_asked(switched: Switched) -> None:
    switched.on = False
    message = write_one_more("slow")
    start, waits = clock.now(), schedule.current().waits
    drain(1)
    for number, wait in enumerate(waits, 1):
        message.refresh_from_db()
        assert (message.state, message.tries) == (OutboxState.WAITING, number)
        start = message.next_try_at
        with at(start + timedelta(milliseconds=1)):
            drain(1)
        assert wait
    message.refresh_from_db()
    assert (message.state, message.tries, message.attempts.count()) == (
        OutboxState.DEAD,
        len(waits) + 1,
        len(waits) + 1,
    )


def test_answers_after_the_time_out_double_nothing(switched: Switched) -> None:
    switched.forgetful = 7
    write(4, 3)
    live_through(clock.now(), 0.02, timedelta(minutes=3))
    assert len(switched.calls) == 12 + 7
    assert_complete_and_in_order(switched, 4, 3)


def test_a_person_may_try_an_absent_platform_at_once(switched: Switched, person: Person) -> None:
    switched.on = False
    write(tuning.current().failures, 1)
    drain(100)
    switched.on = True
    message = OutboxMessage.objects.order_by("-pk").first()
    assert message is not None
    resend(message, person)
    ((probe,),) = claiming.claim(10, Share(("memory",)))
    assert probe.pk == message.pk


def test_a_case_with_very_many_messages_does_not_starve_the_others(switched: Switched) -> None:
    write(1, 150)
    for n in range(20):
        write_one_more(f"small{n}")
    drain(100)
    small = OutboxMessage.objects.filter(subject__startswith="case:small", state=OutboxState.DONE)
    assert small.count() == 20


def test_a_chain_that_breaks_gives_the_rest_back_without_a_try(switched: Switched) -> None:
    switched.failures = [Unreachable("超时")]
    write(1, 3)
    drain(1)
    found = list(OutboxMessage.objects.order_by("pk").values_list("state", "tries"))
    assert found[0] == ("WAITING", 1)
    drain(10)
    assert (
        list(OutboxMessage.objects.order_by("pk").values_list("state", "tries"))[1:] == [("PENDING", 0)] * 2
    )


def test_dead_letters_stay_until_a_person_decides(switched: Switched, person: Person) -> None:
    message = write_one_more("dead")
    OutboxMessage.objects.filter(pk=message.pk).update(state=OutboxState.DEAD)
    live_through(clock.now(), 2, timedelta(hours=6))
    message.refresh_from_db()
    assert (message.state, switched.calls) == (OutboxState.DEAD, [])
    cancel(message, person, "平台已线下补录")
    message.refresh_from_db()
    assert message.state == OutboxState.CANCELLED

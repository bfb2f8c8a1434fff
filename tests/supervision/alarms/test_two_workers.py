"""Two workers with the same signal at the same moment make one alarm and one push."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from tests.supervision.alarms.conftest import World, make_world

from minfang.kernel.base import clock
from minfang.supervision.alarms.actions import chasing, take
from minfang.supervision.alarms.models import Alarm, AlarmPush, Escalation

pytestmark = pytest.mark.django_db(transaction=True)
WAIT = 20


def at_once(*works: Callable[[threading.Barrier], Any]) -> list[BaseException]:
    """Run each in a thread with a connection of its own, all inside their transactions before any goes on."""
    barrier, failed = threading.Barrier(len(works), timeout=WAIT), []

    def run(work: Callable[[threading.Barrier], Any]) -> None:
        try:
            with transaction.atomic():
                work(barrier)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    return failed


def naive(world: World) -> Callable[[threading.Barrier], None]:
    """Look, then open: what a product does that trusts its own look."""

    def work(barrier: threading.Barrier) -> None:
        known = Alarm.objects.filter(rule=world.rule, series=world.series[0], closed_at=None).exists()
        barrier.wait()
        if not known:
            now = clock.now()
            Alarm.objects.create(
                number=f"N{threading.get_ident()}"[:20],
                rule=world.rule,
                series=world.series[0],
                works=world.works,
                district_code="310106",
                category="ENV",
                title="机房温度偏高",
                level=2,
                peak_level=2,
                opened_at=now,
                raised_at=now,
                last_at=now,
                message="-",
            )

    return work


def test_looking_first_and_then_opening_makes_two_alarms():
    world = make_world()
    assert at_once(naive(world), naive(world)) == []
    assert Alarm.objects.count() == 2


def test_two_workers_raise_one_alarm_and_push_it_once():
    world = make_world()
    signal = world.signal()

    def work(barrier: threading.Barrier) -> None:
        barrier.wait()
        take([signal])

    assert at_once(work, work) == []
    alarm = Alarm.objects.get()
    assert alarm.count == 2
    assert AlarmPush.objects.filter(target="MANAGING_UNIT").count() == 1


def test_two_workers_escalate_each_row_once():
    world = make_world()
    take([world.signal()])
    Escalation.objects.update(next_due=clock.now())

    def work(barrier: threading.Barrier) -> None:
        barrier.wait()
        chasing.escalate_due()

    assert at_once(work, work) == []
    told = AlarmPush.objects.filter(kind="ESCALATE").values_list("target", "times")
    assert len(told) == len(set(told)) == Escalation.objects.filter(outcome="已升级").count()

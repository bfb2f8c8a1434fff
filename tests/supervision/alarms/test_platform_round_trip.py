"""An alarm goes to both platforms over real HTTP, they work on it and report back, and its page shows it."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.supervision.alarms.conftest import World, make_world
from tests.support.sandbox import Sandbox

from minfang.kernel.base import clock
from minfang.kernel.exchange.actions import drain
from minfang.supervision.alarms.actions import take
from minfang.supervision.alarms.models import Alarm, AlarmPush, PushState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(sandbox: Sandbox, settings: Any, live_server: Any) -> World:
    """A world whose platforms reach it under its real address, and wait for nobody long."""
    settings.PUBLIC_URL = live_server.url
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.5
    return make_world(devices=1)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 8
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def push_to(target: str) -> AlarmPush:
    return AlarmPush.objects.get(target=target)


def work_on(sandbox: Sandbox, platform: str, task: str, *statuses: str) -> None:
    """What the platform's people do, one after the other, each reported before the next."""
    target = {"rfm": "RFM", "city_disposal": "CITY_PLATFORM"}[platform]
    states = {"ACCEPTED": "TAKEN", "WORKING": "WORKING", "FINISHED": "DONE", "RETURNED": "REFUSED"}
    for status in statuses:
        assert sandbox.request("POST", f"/desk/{platform}/{task}/{status}").status_code == 303
        until(lambda status=status: push_to(target).answer != {} and push_to(target).state == states[status])


def page_of(world: World, alarm: Alarm) -> Any:
    http = Client()
    http.force_login(world.people["city"])
    return http.get(f"/api/office/alarms/{alarm.number}").json()


@pytest.mark.feature(99)
def test_what_both_platforms_do_is_seen_on_the_page_of_the_alarm_once_though_they_say_it_twice(
    sandbox: Sandbox, world: World
) -> None:
    sandbox.faults("rfm", twice=True)
    take([world.signal()])
    alarm = Alarm.objects.get()
    drain(20)
    (task,) = sandbox.records("rfm", "task", alarm.number)
    (event,) = sandbox.records("city_disposal", "task", alarm.number)
    assert push_to("RFM").external_id == task["data"]["task"]
    until(lambda: push_to("CITY_PLATFORM").answer.get("handler") == "市级处置席")
    work_on(sandbox, "rfm", task["data"]["task"], "ACCEPTED", "WORKING", "FINISHED")
    work_on(sandbox, "city_disposal", event["data"]["task"], "WORKING", "FINISHED")
    until(lambda: len([a for a in sandbox.arrivals("rfm") if a["dataset"] == "report"]) == 6)
    seen = page_of(world, alarm)
    told = {row["name"]: row["result"] for row in seen["told"]}
    done = PushState.DONE.label
    assert (told["人防码平台"], told["市级处置平台"]) == (done, done)
    assert seen["row"]["state"] == "PROCESSING"
    assert seen["measure"] == "现场已处置，设备恢复正常"
    heard = [row["note"] for row in seen["life"] if row["kind"] == "ANSWER"]
    answers = [note for note in heard if note.startswith("人防码平台反馈")]
    assert len(answers) == 3


def test_an_answer_lost_after_it_was_taken_makes_one_task_and_a_refused_one_is_seen(
    sandbox: Sandbox, world: World
) -> None:
    sandbox.faults("rfm", mode="lost_answer", fail_next=1, hang_seconds=2)
    take([world.signal()])
    alarm = Alarm.objects.get()
    drain(20)
    assert push_to("RFM").external_id == ""
    (task,) = sandbox.records("rfm", "task", alarm.number)
    with clock.moved_to(clock.now() + timedelta(minutes=10)):
        drain(20)
    push = push_to("RFM")
    assert (push.state, push.external_id) == ("TAKEN", task["data"]["task"])
    assert len(sandbox.records("rfm", "task", alarm.number)) == 1
    work_on(sandbox, "rfm", push.external_id, "RETURNED")
    told = {row["name"]: row["result"] for row in page_of(world, alarm)["told"]}
    assert told["人防码平台"] == PushState.REFUSED.label

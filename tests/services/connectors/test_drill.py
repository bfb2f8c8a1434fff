"""The drill: failing half the time, answering late, answering twice, workers dying. 0 lost, 0 doubled."""

import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from tests.services.connectors import facts
from tests.services.connectors.test_pushes import push_all
from tests.support.sandbox import Sandbox

from minfang.kernel.exchange import jobs
from minfang.kernel.exchange.actions import drain, recording
from minfang.kernel.exchange.models import OutboxMessage, OutboxState

pytestmark = pytest.mark.django_db(transaction=True)
CASES, MESSAGES = 2, 12
ALONE = "MINFANG_DRILL_ALONE"


class Killed(BaseException):
    """A worker gone at this instruction."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    settings.OUTSIDE_TIMEOUT_SECONDS = 0.15
    monkeypatch.setenv("MINFANG_RETRY_SCHEDULE", ",".join(["0.02s"] * 60))
    monkeypatch.setenv("MINFANG_OUTBOX_LEASE", "0.3s")
    yield
    OutboxMessage.objects.all().delete()


def all_done() -> bool:
    return OutboxMessage.objects.exclude(state=OutboxState.DONE).count() == 0


def assert_complete_and_in_order(sandbox: Sandbox) -> None:
    left = OutboxMessage.objects.exclude(state=OutboxState.DONE)
    assert list(left.values_list("connector", "dataset", "state", "tries", "last_error")) == []
    for number in range(1, CASES + 1):
        case = facts.case(number)
        issued = {row["id"]: row["data"] for row in sandbox.records("apply_no", "internal")}
        kept = sandbox.records("case_repository", case_no=issued[case.internal_no])
        kinds = [row["kind"] for row in kept]
        assert kinds == ["baseInfo", "preFiles", *["stepProc"] * 8, "stepDone"]
        assert [row["data"]["sn"] for row in kept if row["kind"] == "stepProc"] == list(range(1, 9))
        assert {row["version"] for row in kept} == {1}
    assert len(sandbox.records("apply_no", "internal")) == CASES


@pytest.mark.parametrize("mode", ["error", "timeout", "lost_answer"])
def test_half_of_all_calls_fail_and_nothing_is_lost_or_doubled(sandbox: Sandbox, mode: str) -> None:
    for platform in ("case_repository", "apply_no"):
        sandbox.faults(platform, fail_percent=50, mode=mode, hang_seconds=0.3, twice=True)
    for number in range(1, CASES + 1):
        push_all(facts.case(number))
    end = time.monotonic() + 60
    while not all_done() and time.monotonic() < end:
        drain(100)
        time.sleep(0.02)
    assert_complete_and_in_order(sandbox)
    hit = sandbox.request("GET", "/control/case_repository").json()["struck"]
    assert hit >= CASES * MESSAGES / 3


def test_a_worker_dying_between_delivery_and_record_doubles_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns, record, deaths = itertools.count(), recording._record, 0

    def fragile(*arguments: Any) -> str:
        turn = next(turns)
        if turn % 4 == 1:
            raise Killed
        result = record(*arguments)
        if turn in (3, 10):
            raise Killed
        return result

    monkeypatch.setattr(recording, "_record", fragile)
    for number in range(1, CASES + 1):
        push_all(facts.case(number))
    end = time.monotonic() + 60
    while not all_done() and time.monotonic() < end:
        try:
            drain(100)
            time.sleep(0.05)
        except Killed:
            deaths += 1
    assert deaths >= 3
    assert_complete_and_in_order(sandbox)
    repeated = [a for a in sandbox.arrivals("case_repository") if a["outcome"] == "repeated"]
    assert repeated


def _work() -> None:
    connection.close()
    while True:
        drain(100)
        time.sleep(0.01)


def test_processes_killed_at_random_instructions_double_nothing() -> None:
    """In a process of its own: children of one full of tests take its locks and sockets along."""
    name = f"{__file__}::test_killed_alone"
    own = ("DATABASE_URL", "DATABASE_OWNER_URL", "MINFANG_TEST_HOME", "MINFANG_HOME")
    kept = {k: v for k, v in os.environ.items() if k not in own and not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", name]
    done = subprocess.run(
        command, env={**kept, ALONE: "1"}, capture_output=True, text=True, timeout=240, check=False
    )
    assert "1 passed" in done.stdout or (done.returncode == 0 and "skipped" not in done.stdout), done.stdout


@pytest.mark.skipif(ALONE not in os.environ, reason="run by the test above")
def test_killed_alone(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 1  # a process full of other tests may pause longer than a tight limit
    monkeypatch.setenv("MINFANG_OUTBOX_LEASE", "2.5s")
    monkeypatch.setenv("MINFANG_RETRY_SCHEDULE", ",".join(["0.02s"] * 600))
    sandbox.faults("case_repository", slow_seconds=0.01)
    for number in range(1, CASES + 1):
        push_all(facts.case(number))
    connection.close()
    chance, context = random.Random(11), multiprocessing.get_context("fork")
    for _ in range(6):
        worker = context.Process(target=_work)
        worker.start()
        time.sleep(chance.uniform(0.03, 0.2))
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
    end = time.monotonic() + 90
    while not all_done() and time.monotonic() < end:
        drain(100)
        time.sleep(0.05)
    assert_complete_and_in_order(sandbox)


def test_the_running_worker_delivers_while_cases_are_written(sandbox: Sandbox) -> None:
    sandbox.faults("case_repository", fail_percent=33)
    stop = threading.Event()
    worker = threading.Thread(target=jobs.run_worker, args=(stop,))
    worker.start()
    try:
        for number in range(1, CASES + 1):
            push_all(facts.case(number))
        end = time.monotonic() + 90
        while not all_done() and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        stop.set()
        worker.join(15)
    assert_complete_and_in_order(sandbox)


def test_a_platform_away_for_a_whole_schedule_is_caught_up_by_a_person(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from minfang.kernel.exchange import queries
    from minfang.kernel.exchange.actions import resend
    from minfang.kernel.iam.models import Person, PersonKind

    person = Person.objects.create(username="ops-drill", name="运维员", kind=PersonKind.STAFF)
    monkeypatch.setenv("MINFANG_RETRY_SCHEDULE", "0s,0s")
    sandbox.faults("case_repository", fail_percent=100)
    for number in range(1, CASES + 1):
        push_all(facts.case(number))
    drain(200)
    dead = list(queries.needing_a_person())
    assert len(dead) == CASES
    assert OutboxMessage.objects.filter(connector="case_repository", state="PENDING").count() == CASES * 10
    sandbox.faults("case_repository", fail_percent=0)
    for message in dead:
        resend(message, person)
    drain(200)
    assert_complete_and_in_order(sandbox)

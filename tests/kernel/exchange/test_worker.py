"""The worker: wakes on commit, serves platforms apart, and survives races."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from tests.kernel.exchange.conftest import MemoryPlatform

from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors, jobs
from minfang.kernel.exchange.actions import drain, enqueue
from minfang.kernel.exchange.connectors import Delivery
from minfang.kernel.exchange.models import OutboxMessage, OutboxState

pytestmark = pytest.mark.django_db(transaction=True)


def in_threads(count: int, work: object) -> None:
    def run() -> None:
        try:
            work()  # type: ignore[operator]
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def wait_for(condition: object, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "not in time"
        time.sleep(0.01)


def test_two_workers_never_send_one_message_twice_and_keep_the_order(platform: MemoryPlatform) -> None:
    for case in range(5):
        for n in range(6):
            enqueue("memory", "step", subject=f"case:{case}", payload={"n": n}, key=f"{case}:{n}")
    in_threads(3, lambda: drain(100))
    drain(100)
    assert sorted(platform.calls) == sorted(set(platform.calls))
    for case in range(5):
        mine = [key for key in platform.calls if key.startswith(f"{case}:")]
        assert mine == [f"{case}:{n}" for n in range(6)]


def test_without_the_claims_lock_two_workers_do_send_twice(
    platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    from minfang.kernel.exchange.actions import claiming

    gate = threading.Barrier(2, timeout=5)

    def unlocked(count: int, share: object) -> list[list[OutboxMessage]]:
        message = OutboxMessage.objects.get()
        message.claimed_until = clock.now() + timedelta(minutes=1)
        gate.wait()
        return [[message]]

    enqueue("memory", "step", subject="case:1", payload={}, key="k")
    monkeypatch.setattr(claiming, "claim", unlocked)
    in_threads(2, lambda: drain(1))
    assert platform.calls == ["k", "k"]


def test_threads_writing_for_one_case_get_sequences_without_gap_or_tie() -> None:
    counter = iter(range(100))
    lock = threading.Lock()

    def write() -> None:
        for _ in range(5):
            with lock:
                n = next(counter)
            enqueue("memory", "step", subject="case:1", payload={}, key=f"k{n}")

    in_threads(4, write)
    assert sorted(OutboxMessage.objects.values_list("sequence", flat=True)) == list(range(1, 21))


def test_a_slow_platform_does_not_hold_up_another(platform: MemoryPlatform) -> None:
    class Slow(MemoryPlatform):
        def deliver(self, message: OutboxMessage) -> Delivery:
            release.wait(5)
            return super().deliver(message)

    release, stop = threading.Event(), threading.Event()
    slow = Slow("slow")
    connectors.register(slow)
    worker = threading.Thread(target=jobs.run_worker, args=(stop,))
    worker.start()
    try:
        enqueue("slow", "step", subject="case:1", payload={}, key="s")
        enqueue("memory", "step", subject="case:1", payload={}, key="m")
        wait_for(lambda: platform.calls == ["m"])
        assert slow.calls == []
        release.set()
        wait_for(lambda: OutboxMessage.objects.filter(state=OutboxState.DONE).count() == 2)
    finally:
        release.set()
        stop.set()
        worker.join(15)
    assert not worker.is_alive()


def test_the_worker_wakes_at_the_commit_not_at_the_next_poll(
    platform: MemoryPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minfang.kernel.exchange.wakeup.POLL_SECONDS", 4.0)
    monkeypatch.setattr(jobs.wakeup.Listener.wait, "__defaults__", (4.0,))
    stop = threading.Event()
    worker = threading.Thread(target=jobs.run_worker, args=(stop,))
    worker.start()
    try:
        time.sleep(0.5)
        started = time.monotonic()
        enqueue("memory", "step", subject="case:1", payload={}, key="m")
        wait_for(lambda: platform.calls == ["m"])
        assert time.monotonic() - started < 2
    finally:
        stop.set()
        enqueue("memory", "step", subject="case:2", payload={}, key="wake")
        worker.join(15)

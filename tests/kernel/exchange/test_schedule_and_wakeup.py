"""Waits come from data; waking is a shortcut that may be lost without loss."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from minfang.kernel.exchange import schedule, wakeup


@pytest.mark.parametrize(
    ("text", "seconds"), [("0.2s", 0.2), ("1m", 60), ("30m", 1800), ("2h", 7200), (" 1d ", 86400)]
)
def test_spans_are_read(text: str, seconds: float) -> None:
    assert schedule.duration(text) == timedelta(seconds=seconds)


def test_the_definition_has_short_waits_then_waits_over_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINFANG_RETRY_SCHEDULE")
    waits = schedule.current().waits
    assert list(waits) == sorted(waits)
    assert waits[0] <= timedelta(seconds=5)
    assert waits[-5:] == tuple(schedule.duration(text) for text in ("1m", "5m", "30m", "2h", "1d"))
    assert schedule.current().wait_after(len(waits) + 1) is None


def test_a_lease_outlives_a_slow_answer(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.OUTSIDE_TIMEOUT_SECONDS = 40
    monkeypatch.setenv("MINFANG_OUTBOX_LEASE", "1s")
    assert schedule.current().lease == timedelta(seconds=80)


@pytest.mark.django_db(transaction=True)
def test_an_announcement_is_heard_at_commit_and_not_before() -> None:
    with wakeup.Listener() as listener:
        assert not listener.wait(0.05)
        with transaction.atomic():
            wakeup.announce()
            assert not listener.wait(0.1)
        assert listener.wait(2)
        assert not listener.wait(0.05)


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_waited_out_and_opened_again() -> None:
    with wakeup.Listener() as listener:
        listener.wait(0.01)
        listener._connection.close()
        started = time.monotonic()
        assert not listener.wait(0.2)
        assert time.monotonic() - started >= 0.15
        listener.wait(0.01)
        wakeup.announce()
        assert listener.wait(2)

"""No data is the device's silence, never that of a product that was down or lagged behind."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from tests.support.broker import Sender, in_thread, running, wait_for
from tests.support.telemetry import US, WORKS_NO, a_device, a_series, forget, readings

from minfang.registry import secrets
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.arrival import callout, streams, watching
from minfang.supervision.arrival.commit import commit
from minfang.supervision.arrival.timers import tick
from minfang.supervision.arrival.wire import Connection
from minfang.supervision.arrival.worker import Worker
from minfang.supervision.rules import actions as rules

START = 1_793_000_000 * US
PERIOD = 300 * US


@pytest.fixture
def _unheard() -> Iterator[None]:
    forget()
    watching.forget()
    yield
    watching.listen(None)
    watching.forget()
    forget()


@pytest.mark.django_db
@pytest.mark.usefixtures("_unheard")
def test_imported_history_and_a_pause_of_the_product_raise_no_alarm_of_silence() -> None:
    rules.load_shipped()
    number = a_series()
    commit(readings([(number, START - 20 * PERIOD, 55.0)]), "history", watch=False)
    watching.forget()  # a process that has just begun
    watching.listen(START)
    assert tick(START + 2 * PERIOD) == 0
    commit(readings([(number, START + 2 * PERIOD, 55.0)]), "jetstream/0")
    assert tick(START + 5 * PERIOD - US) == 0
    assert tick(START + 5 * PERIOD) == 1
    commit(readings([(number, START + 6 * PERIOD, 55.0)]), "jetstream/0")
    alarm = Alarm.objects.get()
    assert alarm.rule is not None
    assert alarm.rule.code == "SILENT-HUMI"
    assert alarm.cleared_at is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_unheard")
def test_the_clock_of_rules_stands_where_messages_wait(tmp_path: Path, settings: Any) -> None:
    with running(tmp_path / "broker") as broker:
        settings.BROKER_ISSUER = str(broker.broker.issuer_file)
        stop = threading.Event()

        def door() -> None:
            callout.run(stop, broker.url, broker.mqtt)
            connections.close_all()

        connection = Connection(broker.url)
        streams.ensure(connection, broker.mqtt, streams.credentials(broker.url))

        def consumed(now: int) -> int:
            return min(streams.consumed_until(connection, partition, now) for partition in range(8))

        before = time.time_ns() // 1000
        assert consumed(before) == before
        with in_thread(door, stop):
            _send_one(broker.mqtt)
        later = before + 3600 * US
        assert before <= consumed(later) < later
        worker = Worker(broker.url, broker.mqtt)

        def work() -> None:
            worker.run()
            connections.close_all()

        with in_thread(work, worker.stop):
            wait_for(lambda: consumed(later) == later)
        connection.close()


def _send_one(address: tuple[str, int]) -> None:
    device = a_device("dev-1", "HUMI")
    device.secret_digest = secrets.digest("secret")
    device.save()
    sender = Sender(address, "dev-1", "secret")
    reading = {"deviceId": "dev-1", "type": "HUMI", "ts": time.time_ns() // 1_000_000, "value": 50}
    sender.send(f"cd/iot/telemetry/{WORKS_NO}/dev-1", json.dumps(reading).encode())
    wait_for(lambda: sender.acknowledged == 1)
    sender.close()

"""From a device's MQTT message to a stored reading: once, in spite of crashes; nothing blocks the way."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections
from tests.support.broker import RunningBroker, Sender, in_thread, running, wait_for
from tests.support.telemetry import WORKS_NO, a_device, forget, micros

from minfang.registry import secrets
from minfang.supervision.arrival import callout
from minfang.supervision.arrival.models import DeadLetter, SourceState
from minfang.supervision.arrival.worker import Worker
from minfang.supervision.telemetry.models import LatestValue, Quarantined, Reading

pytestmark = pytest.mark.django_db(transaction=True)
NOW = micros("2026-06-01T08:00:00+08:00")


@pytest.fixture
def broker(tmp_path: Path, settings: object) -> Iterator[RunningBroker]:
    """A broker that asks us who a device is."""
    forget()
    with running(tmp_path / "broker") as found:
        settings.BROKER_ISSUER = str(found.broker.issuer_file)  # type: ignore[attr-defined]
        stop = threading.Event()

        def door() -> None:
            callout.run(stop, found.url)
            connections.close_all()

        with in_thread(door, stop):
            yield found
    forget()


def a_sender(broker: RunningBroker, device_id: str, metric: str = "HUMI") -> Sender:
    device = a_device(device_id, metric)
    device.secret_digest = secrets.digest(f"secret-{device_id}")
    device.save()
    return Sender(broker.mqtt, device_id, f"secret-{device_id}")


def a_worker(broker: RunningBroker, name: str = "") -> tuple[Worker, "threading.Event"]:
    worker = Worker(broker.url, broker.mqtt, name)
    return worker, worker.stop


def run(worker: Worker) -> None:
    worker.run()
    connections.close_all()


def topic(device_id: str, kind: str = "telemetry") -> str:
    return f"cd/iot/{kind}/{WORKS_NO}/{device_id}"


def test_a_message_becomes_a_reading_and_bad_ones_cost_a_letter_each(broker: RunningBroker) -> None:
    import time

    worker, stop = a_worker(broker)
    with in_thread(lambda: run(worker), stop):
        wait_for(lambda: len(worker.partitions) == 8)
        sender = a_sender(broker, "dev-1")
        a_device("child-1", "TEMP")
        now = time.time_ns() // 1000
        for payload in (
            {"deviceId": "dev-1", "type": "HUMI", "ts": now // 1000, "value": 78.4},
            {"deviceId": "dev-2", "type": "HUMI", "ts": now // 1000, "value": 1},
            {"deviceId": "child-1", "type": "TEMP", "ts": now // 1000, "value": 1},
            {"deviceId": "dev-1", "type": "HUMI", "ts": now // 1_000_000, "value": 2},
            {"deviceId": "dev-1", "readings": [{"type": "TEMP", "ts": now // 1000, "value": 20}]},
        ):
            sender.send(topic("dev-1"), json.dumps(payload).encode())
        sender.send(topic("dev-1"), b"{not json")
        sender.send(topic("dev-9"), b"{}")  # not its own topic: the broker drops it
        wait_for(lambda: Reading.objects.count() == 2 and DeadLetter.objects.count() == 3)
        sender.close()
    assert set(DeadLetter.objects.values_list("reason", flat=True)) == {
        "不是 JSON",
        "未登记设备",
        "设备与主题不符",
    }
    assert Quarantined.objects.get().hint == "疑似把秒当作毫秒报送"
    assert LatestValue.objects.get(series__metric="HUMI").value == 78.4
    state = SourceState.objects.exclude(messages=0).get()
    assert (state.messages, state.stored, state.dead, state.quarantined) == (6, 2, 3, 1)


def test_a_wrong_secret_and_a_retired_device_do_not_get_in(broker: RunningBroker) -> None:
    a_sender(broker, "dev-1").close()
    stranger = Sender(broker.mqtt, "dev-1", "guess")
    wait_for(lambda: bool(stranger.refused))
    stranger.close()

"""From a device's MQTT message to a stored reading: once, in spite of crashes; nothing blocks the way."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections
from tests.support.broker import RunningBroker, Sender, in_thread, running, wait_for
from tests.support.telemetry import WORKS_NO, a_device, forget

from minfang.registry import secrets
from minfang.supervision.arrival import callout
from minfang.supervision.arrival.models import DeadLetter, Partition, SourceState
from minfang.supervision.arrival.worker import Worker
from minfang.supervision.telemetry.models import Conflict, LatestValue, Quarantined, Reading

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = 600


@pytest.fixture
def broker(tmp_path: Path, settings: object) -> Iterator[RunningBroker]:
    """A broker that asks us who a device is."""
    forget()
    with running(tmp_path / "broker") as found:
        settings.BROKER_ISSUER = str(found.broker.issuer_file)  # type: ignore[attr-defined]
        stop = threading.Event()

        def door() -> None:
            callout.run(stop, found.url, found.mqtt)
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


def _process(broker: RunningBroker, settings: object) -> "subprocess.Popen[bytes]":
    """An ingest process of its own on the database of this test."""
    database = settings.DATABASES["default"]  # type: ignore[attr-defined]
    url = "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "MINFANG_BROKER_URL": broker.url,
        "MINFANG_BROKER_MQTT": f"127.0.0.1:{broker.mqtt[1]}",
        "MINFANG_BROKER_ISSUER": str(broker.broker.issuer_file),
    }
    return subprocess.Popen([sys.executable, "-m", "minfang.project.cli", "ingest"], env=environment)


def _cut_database_connections() -> None:
    """The database goes away under everybody but this test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _held_by(worker: str) -> int:
    return Partition.objects.exclude(worker=worker).exclude(worker="").count()


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_when_everything_is_killed_under_load(
    broker: RunningBroker, settings: object
) -> None:
    worker, stop = a_worker(broker, "survivor")
    with in_thread(lambda: run(worker), stop):
        victim = _process(broker, settings)
        try:
            wait_for(lambda: _held_by("survivor") == 4 and len(worker.partitions) == 4, 120)
            senders = [a_sender(broker, f"dev-{n}") for n in range(4)]
            start = time.time_ns() // 1_000_000 - 200_000
            sent = 0
            for step in range(STEPS):
                for n, sender in enumerate(senders):
                    reading = {
                        "deviceId": f"dev-{n}",
                        "type": "HUMI",
                        "ts": start + step * 100,
                        "value": step,
                    }
                    sender.send(topic(f"dev-{n}"), json.dumps(reading).encode())
                    sent += 1
                if step == 150:
                    wait_for(lambda: Reading.objects.count() > 100)
                    victim.send_signal(signal.SIGKILL)
                if step == 300:
                    broker.kill()
                    broker.start()
                if step == 450:
                    _cut_database_connections()
                time.sleep(0.001)
            wait_for(lambda: sum(sender.acknowledged for sender in senders) == sent, 60)
            wait_for(lambda: Reading.objects.count() >= sent, 60)
            for sender in senders:
                sender.close()
        finally:
            victim.kill()
            victim.wait()
        assert _held_by("survivor") == 0
    assert Reading.objects.count() == sent
    assert list(LatestValue.objects.values_list("value", flat=True)) == [STEPS - 1.0] * 4
    assert not Conflict.objects.exists()

"""Devices that report over a real broker, and who stores what they say."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections
from tests.support.broker import RunningBroker, Sender, in_thread, running
from tests.support.telemetry import WORKS_NO, a_device, forget

from minfang.registry import secrets
from minfang.supervision.arrival import callout
from minfang.supervision.arrival.worker import Worker


@contextmanager
def broker_with_a_door(folder: Path, settings: Any) -> Iterator[RunningBroker]:
    """A broker that asks us who a device is."""
    forget()
    with running(folder) as found:
        settings.BROKER_ISSUER = str(found.broker.issuer_file)
        stop = threading.Event()

        def door() -> None:
            callout.run(stop, found.url, found.mqtt)
            connections.close_all()

        with in_thread(door, stop):
            yield found
    forget()


@contextmanager
def working(broker: RunningBroker, name: str = "") -> Iterator[Worker]:
    """A worker in a thread of this process."""
    worker = Worker(broker.url, broker.mqtt, name)

    def work() -> None:
        worker.run()
        connections.close_all()

    with in_thread(work, worker.stop):
        yield worker


def a_sender(broker: RunningBroker, device_id: str, metric: str = "HUMI") -> Sender:
    """The line of a device that may sign in."""
    device = a_device(device_id, metric)
    device.secret_digest = secrets.digest(f"secret-{device_id}")
    device.save()
    return Sender(broker.mqtt, device_id, f"secret-{device_id}")


def topic(device_id: str, kind: str = "telemetry") -> str:
    """Where it publishes."""
    return f"cd/iot/{kind}/{WORKS_NO}/{device_id}"

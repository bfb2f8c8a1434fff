"""A real broker for tests, with the door for devices kept by a thread."""

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import paho.mqtt.client as mqtt

from minfang.project.postgres import free_port
from minfang.supervision.arrival.broker import Broker
from minfang.supervision.arrival.wire import BrokerAway, Connection


class RunningBroker:
    """nats-server under a folder of its own; it can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(folder, free_port(), free_port())
        self.broker.write()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the ingest process."""
        return self.broker.url

    @property
    def mqtt(self) -> tuple[str, int]:
        """Where devices connect."""
        return "127.0.0.1", self.broker.mqtt_port

    def start(self) -> None:
        """Start it and wait until both ports answer."""
        self.process = subprocess.Popen(
            self.broker.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self._answers)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, BrokerAway):
            Connection(self.url).close()
            socket.create_connection(self.mqtt, 1).close()
            return True
        return False

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@contextmanager
def running(folder: Path) -> Iterator[RunningBroker]:
    """A broker for the time of a test."""
    broker = RunningBroker(folder)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


@contextmanager
def in_thread(target: Callable[[], None], stop: threading.Event) -> Iterator[threading.Thread]:
    """Run a loop beside the test and end it with the test."""
    thread = threading.Thread(target=target, daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(20)


def wait_for(
    condition: Callable[[], bool], seconds: float = 30.0, state: Callable[[], object] = lambda: ""
) -> None:
    """Until it holds; fails the test when it never does, telling what ``state`` found then."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {state()}"
        time.sleep(0.02)


class Sender:
    """One device's MQTT line, QoS 1."""

    def __init__(self, address: tuple[str, int], user: str, password: str) -> None:
        self.acknowledged = 0
        self.refused = ""
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=user, protocol=mqtt.MQTTv311, clean_session=True
        )
        if user:
            self.client.username_pw_set(user, password)
        self.client.max_inflight_messages_set(500)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = self._published
        self.client.on_connect = self._connected
        self.client.connect(*address)
        self.client.loop_start()

    def _published(self, *_: object) -> None:
        self.acknowledged += 1

    def _connected(self, _c: object, _u: object, _f: object, reason: object, _p: object) -> None:
        self.refused = str(reason) if getattr(reason, "is_failure", False) else ""

    def send(self, topic: str, payload: bytes, qos: int = 1) -> None:
        """Send; it is sent again after a broken connection until it is acknowledged."""
        self.client.publish(topic, payload, qos=qos)

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()

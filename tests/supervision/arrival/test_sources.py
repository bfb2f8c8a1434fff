"""Readings by other ways than the embedded broker: HTTP, an outside MQTT broker, RabbitMQ, Kafka."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from tests.support.broker import RunningBroker, Sender, in_thread, running, wait_for
from tests.support.telemetry import WORKS_NO, a_device, forget

from minfang.registry import secrets
from minfang.supervision.arrival import api, forward
from minfang.supervision.arrival.forward import Forwarder, Outside
from minfang.supervision.arrival.models import DeadLetter, SourceState
from minfang.supervision.arrival.sources.mqtt import MqttSource
from minfang.supervision.arrival.sources.queues import KafkaSource, RabbitSource
from minfang.supervision.arrival.worker import Worker
from minfang.supervision.telemetry.models import Reading


@pytest.fixture
def broker(tmp_path: Path, settings: Any) -> Iterator[RunningBroker]:
    """The embedded broker with a worker behind it."""
    forget()
    with running(tmp_path / "broker") as found:
        settings.BROKER_URL = found.url
        worker = Worker(found.url, found.mqtt, "one")

        def work() -> None:
            worker.run()
            connections.close_all()

        with in_thread(work, worker.stop):
            wait_for(lambda: len(worker.partitions) == 8)
            yield found
    forget()
    api._mine.__dict__.clear()


def said(device: str, value: float = 1.0) -> bytes:
    content = {"deviceId": device, "type": "HUMI", "ts": time.time_ns() // 1_000_000, "value": value}
    return json.dumps(content).encode()


def post(client: Client, secret: str, body: bytes) -> Any:
    proof = base64.b64encode(f"dev-1:{secret}".encode()).decode()
    return client.post(
        "/api/public/iot/readings",
        body,
        content_type="application/json",
        headers={"Authorization": f"Basic {proof}"},
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.feature(81)
def test_http_and_an_outside_broker_go_the_same_way(broker: RunningBroker, tmp_path: Path) -> None:
    device = a_device("dev-1")
    device.secret_digest = secrets.digest("right")
    device.save()
    a_device("dev-2")
    client = Client(enforce_csrf_checks=True)
    assert post(client, "wrong", said("dev-1")).status_code == 403
    assert post(client, "right", said("dev-1")).status_code == 202
    wait_for(lambda: Reading.objects.count() == 1, state=_what_arrived)

    outside = RunningBroker(tmp_path / "outside")
    outside.broker.config_file.write_text(
        f'listen: "127.0.0.1:{outside.broker.port}"\nserver_name: o\n'
        f'jetstream {{ store_dir: "{tmp_path / "o"}" }}\nmqtt {{ listen: "127.0.0.1:{outside.mqtt[1]}" }}\n'
    )
    outside.start()
    stop = threading.Event()

    def carry() -> None:
        topics = ["cd/iot/telemetry/+/+"]
        forward.run(
            stop,
            lambda: MqttSource("outer", f"mqtt://127.0.0.1:{outside.mqtt[1]}", topics),
            broker.url,
            lambda: True,
        )
        connections.close_all()

    try:
        with in_thread(carry, stop):
            wait_for(lambda: _sessions(outside) > 0, state=_what_arrived)
            sender = Sender(outside.mqtt, "", "")
            sender.send(f"cd/iot/telemetry/{WORKS_NO}/dev-2", said("dev-2"))
            # What the first attempt could not store comes again after that broker's own 30 s.
            wait_for(lambda: Reading.objects.count() == 2, 75, state=_what_arrived)
            sender.close()
    finally:
        outside.kill()


def _what_arrived() -> object:
    letters = list(DeadLetter.objects.values("subject", "reason", "detail"))
    return Reading.objects.count(), letters, list(SourceState.objects.values())


def _sessions(outside: RunningBroker) -> int:
    from minfang.supervision.arrival.wire import BrokerError, Connection

    connection = Connection(outside.url)
    try:
        info = connection.request("$JS.API.CONSUMER.NAMES.$MQTT_msgs")
    except BrokerError:
        return 0
    finally:
        connection.close()
    return len(info["consumers"] or []) if SourceState.objects.exists() else 0


class _Kept(Forwarder):
    def __init__(self, fails: bool = False) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.fails = fails

    def store(self, messages: Sequence[tuple[str, bytes]], seconds: float = 10.0) -> None:
        if self.fails:
            raise ConnectionError
        self.kept += messages


class _Kafka:
    def __init__(self) -> None:
        self.messages = [_kafka_message(n) for n in range(3)]
        self.committed: list[int] = []

    def subscribe(self, topics: list[str]) -> None:
        self.topics = topics

    def consume(self, count: int, seconds: float) -> list[Any]:
        taken, self.messages = self.messages[:count], self.messages[count:]
        return taken

    def commit(self, message: Any, asynchronous: bool) -> None:
        self.committed.append(message.offset())

    def close(self) -> None:
        self.messages = []


def _kafka_message(offset: int) -> Any:
    return SimpleNamespace(
        error=lambda: None,
        topic=lambda: f"cd.iot.telemetry.{WORKS_NO}",
        value=lambda: said("dev-1", offset),
        partition=lambda: 0,
        offset=lambda: offset,
    )


def test_kafka_offsets_are_committed_after_storing_only() -> None:
    kafka = _Kafka()
    source = KafkaSource("k", "", ["cd.iot.telemetry"], kafka)
    taken = source.take(1)
    with pytest.raises(ConnectionError):
        forward.carry(source, taken, _Kept(fails=True))
    assert kafka.committed == []
    kept = _Kept()
    forward.carry(source, taken, kept)
    assert kafka.committed == [2]
    assert {subject for subject, _ in kept.kept} == {f"$MQTT.msgs.cd.iot.telemetry.{WORKS_NO}.~k"}


class _Rabbit:
    def __init__(self) -> None:
        self.acked: list[tuple[int, bool]] = []
        self.waiting = [(f"cd.iot.telemetry.{WORKS_NO}", said("dev-1", n)) for n in range(3)]

    def channel(self) -> "_Rabbit":
        return self

    def basic_qos(self, prefetch_count: int) -> None:
        assert prefetch_count > 0

    def get_waiting_message_count(self) -> int:
        return len(self.waiting)

    def consume(self, queue: str, inactivity_timeout: float) -> Iterator[Any]:
        tag = 0
        while self.waiting:
            key, body = self.waiting.pop(0)
            tag += 1
            yield SimpleNamespace(routing_key=key, delivery_tag=tag), None, body
        yield None, None, None

    def basic_ack(self, tag: int, multiple: bool) -> None:
        self.acked.append((tag, multiple))

    def close(self) -> None:
        self.waiting = []


def test_rabbit_is_told_once_for_all_that_is_stored() -> None:
    rabbit = _Rabbit()
    source = RabbitSource("r", "", "iot", rabbit)
    taken = source.take(1)
    kept = _Kept()
    forward.carry(source, taken, kept)
    assert (len(kept.kept), rabbit.acked) == (3, [(3, True)])


@pytest.mark.django_db
def test_a_topic_that_is_not_ours_is_a_dead_letter_and_blocks_nothing() -> None:
    kafka = _Kafka()
    source = KafkaSource("k", "", [], kafka)
    kept = _Kept()
    strange = [Outside(topic, b"{}", _kafka_message(9)) for topic in ("a/b", "cd/iot/telemetry/W/a b", "")]
    forward.carry(source, [*strange, Outside("cd/iot/telemetry/W/d", b"{}", _kafka_message(10))], kept)
    assert [subject for subject, _ in kept.kept] == ["$MQTT.msgs.cd.iot.telemetry.W.d"]
    assert set(DeadLetter.objects.values_list("reason", flat=True)) == {"未知主题"}

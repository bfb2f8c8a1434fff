"""Messages stay in their order and none falls by the wayside between the broker and the store."""

import socket
import time
from pathlib import Path

import pytest
from tests.support.broker import running
from tests.support.telemetry import WORKS_NO

from minfang.supervision.arrival import forward, inflow, streams
from minfang.supervision.arrival.forward import Forwarder
from minfang.supervision.arrival.inflow import Incoming, Inflow, _Fetch
from minfang.supervision.arrival.wire import Connection


def test_what_follows_an_answer_of_the_broker_is_not_dropped() -> None:
    ours, broker = socket.socketpair()
    connection = Connection.__new__(Connection)
    connection._socket, connection._inbox = ours, b"_INBOX.x"
    connection._buffer, connection._waiting, connection._requests = bytearray(), [], 0
    broker.sendall(b"MSG t 5 ack1 1\r\n1\r\nMSG _INBOX.x.r1 1 2\r\n{}\r\nMSG t 5 ack2 1\r\n2\r\n")
    assert connection.request("INFO") == {}
    assert [payload for _, _, _, payload in connection.read(0.1)] == [b"1", b"2"]
    ours.close()
    broker.close()


def a_message(number: int) -> Incoming:
    """The message at this place of the stream."""
    return Incoming(0, b"telemetry", "W", "dev-1", "", b"", 0, b"", number)


def test_what_was_handed_out_before_is_put_in_order_before_it_is_stored() -> None:
    fetch = _Fetch(0.0, again=3)
    came = [number for n in (7, 8, 6, 9) for number in map(_number, fetch.in_order(a_message(n)))]
    assert came == [6, 7, 8, 9]
    fetch = _Fetch(0.0, again=3)
    assert fetch.in_order(a_message(8)) == fetch.in_order(a_message(5)) == []
    assert [message.number for message in fetch.release()] == [5, 8]
    assert fetch.in_order(a_message(9))


def _number(message: Incoming) -> int:
    return message.number


@pytest.mark.feature(81)
def test_what_comes_after_a_quiet_while_is_there_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflow, "EXPIRES_SECONDS", 1)
    with running(tmp_path / "broker") as broker:
        connection = Connection(broker.url)
        streams.ensure(connection, broker.mqtt, streams.credentials(broker.url))
        reader = Inflow(connection)
        reader.read_only(range(8))
        forwarder = Forwarder(broker.url)
        until = time.monotonic() + 2.5  # the request has run out twice
        while time.monotonic() < until:
            assert reader.gather() == []
        sent = time.monotonic()
        forwarder.store([(f"$MQTT.msgs.cd.iot.telemetry.{WORKS_NO}.dev-1", b"1")])
        while not reader.gather():
            assert time.monotonic() - sent < 1.0, "nobody had asked the broker for it"
        forwarder.close()
        connection.close()


def test_a_pause_does_not_cost_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "broker") as broker:
        connection = Connection(broker.url)
        streams.ensure(connection, broker.mqtt, streams.credentials(broker.url))
        connection.close()
        forwarder = Forwarder(broker.url)
        message = (f"$MQTT.msgs.cd.iot.telemetry.{WORKS_NO}.dev-1", b"1")
        forwarder.store([message])
        time.sleep(2.5)  # meanwhile the broker asks whether it is there
        forwarder.store([message])
        broker.kill()
        broker.start()  # it has hung up
        monkeypatch.setattr(forward, "IDLE_SECONDS", 0.0)
        forwarder.store([message])
        forwarder.close()

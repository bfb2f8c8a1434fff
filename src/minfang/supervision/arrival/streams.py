"""What the broker keeps for us: one durable consumer a partition over what devices publish with QoS 1.

A PUBACK means the message lies in the broker's stream of MQTT messages, which keeps it until every consumer
has acknowledged it. So our consumers read that very stream: there is no second copy that could be lost.
What devices publish with QoS 0 is not kept by the broker and does not arrive.
"""

import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlparse

from minfang.supervision.arrival.definitions import load
from minfang.supervision.arrival.wire import BrokerError, Connection

STREAM = "$MQTT_msgs"
NOT_FOUND = 404


def consumer_name(partition: int) -> str:
    """The durable consumer of a partition."""
    return f"intake-{partition}"


def next_subject(partition: int) -> bytes:
    """Where its messages are asked for."""
    return f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{consumer_name(partition)}".encode()


def ensure(connection: Connection, mqtt: tuple[str, int] | None, user: tuple[str, str]) -> None:
    """Make the consumers of all partitions where they are missing; asking again changes nothing."""
    rules = load("arrival")["stream"]
    _partition_the_stream(connection, mqtt, user, rules["partitions"])
    for partition in range(rules["partitions"]):
        subject, name = f"$MQTT.msgs.iot.{partition}.>", consumer_name(partition)
        config = {
            "durable_name": name,
            "name": name,
            "filter_subject": subject,
            "deliver_policy": "all",
            "ack_policy": "explicit",
            "ack_wait": int(rules["ack_wait_seconds"] * 1e9),
            "max_ack_pending": rules["max_ack_pending"],
        }
        connection.request(
            f"$JS.API.CONSUMER.CREATE.{STREAM}.{name}.{subject}",
            {"stream_name": STREAM, "config": config},
        )


def _partition_the_stream(
    connection: Connection, mqtt: tuple[str, int] | None, user: tuple[str, str], partitions: int
) -> None:
    """Let the broker file each message under the partition of its device as it stores it."""
    try:
        info = connection.request(f"$JS.API.STREAM.INFO.{STREAM}")
    except BrokerError as error:
        if error.code != NOT_FOUND or mqtt is None:
            raise
        greet(mqtt, user)  # the broker makes the stream when the first MQTT client comes
        info = connection.request(f"$JS.API.STREAM.INFO.{STREAM}")
    words = ".".join(f"{{{{wildcard({n})}}}}" for n in (1, 2, 3))
    wanted = {
        "src": "$MQTT.msgs.cd.iot.*.*.*",
        "dest": f"$MQTT.msgs.iot.{{{{partition({partitions},3)}}}}.{words}",
    }
    if info["config"].get("subject_transform") != wanted:
        changed = {**info["config"], "subject_transform": wanted}
        connection.request(f"$JS.API.STREAM.UPDATE.{STREAM}", changed)


def greet(mqtt: tuple[str, int], user: tuple[str, str]) -> None:
    """Sign in once over MQTT and leave."""
    fields = b"".join(
        len(text).to_bytes(2, "big") + text
        for text in (b"minfang-ingest", user[0].encode(), user[1].encode())
    )
    body = b"\x00\x04MQTT\x04\xc2\x00\x3c" + fields
    with socket.create_connection(mqtt, 10) as line:
        line.sendall(b"\x10" + bytes([len(body)]) + body)
        line.recv(4)
        line.sendall(b"\xe0\x00")


def credentials(url: str) -> tuple[str, str]:
    """User and password of a broker address."""
    parts = urlparse(url.split(",", maxsplit=1)[0])
    return unquote(parts.username or ""), unquote(parts.password or "")


@dataclass(frozen=True, slots=True)
class Lag:
    """How a partition stands at the broker: waiting to be fetched, fetched and not acknowledged.

    ``floor``: up to this number everything is acknowledged.
    """

    pending: int
    unacked: int
    redelivered: int
    floor: int


def lag(connection: Connection, partition: int) -> Lag:
    """Ask the broker how far behind the reading of a partition is."""
    info: dict[str, Any] = connection.request(f"$JS.API.CONSUMER.INFO.{STREAM}.{consumer_name(partition)}")
    floor = info["ack_floor"]["stream_seq"]
    return Lag(info["num_pending"], info["num_ack_pending"], info["num_redelivered"], floor)


def consumed_until(connection: Connection, partition: int, now: int, found: Lag | None = None) -> int:
    """Up to which instant (µs) all the broker was given of a partition is stored; ``now`` if nothing waits.

    What was handed out and is not acknowledged waits too, whoever reads the partition. ``found`` is the lag
    where it was asked for after ``now``.
    """
    found = found or lag(connection, partition)
    if not found.pending and not found.unacked:
        return now
    oldest = {"seq": found.floor + 1, "next_by_subj": f"$MQTT.msgs.iot.{partition}.>"}
    try:
        held = connection.request(f"$JS.API.STREAM.MSG.GET.{STREAM}", oldest)
    except BrokerError as error:
        if error.code == NOT_FOUND:
            return now  # stored in the meantime
        raise
    return min(now, int(datetime.fromisoformat(held["message"]["time"]).timestamp() * 1_000_000))

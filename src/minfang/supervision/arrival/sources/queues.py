"""RabbitMQ and Kafka as outside sources; both keep what was not acknowledged."""

from collections.abc import Sequence
from typing import Any

from minfang.supervision.arrival.forward import Outside

BATCH = 2_000


class RabbitSource:
    """A queue of RabbitMQ; the routing key is the topic (cd.iot.telemetry.<works_no>)."""

    def __init__(self, name: str, url: str, queue: str, connection: Any = None) -> None:
        import pika  # type: ignore[import-untyped]

        self.name, self._queue = name, queue
        self._connection = connection or pika.BlockingConnection(pika.URLParameters(url))
        self._channel = self._connection.channel()
        self._channel.basic_qos(prefetch_count=BATCH)

    def take(self, seconds: float) -> Sequence[Outside]:
        """Messages in the queue's order."""
        found: list[Outside] = []
        for method, _, body in self._channel.consume(self._queue, inactivity_timeout=seconds):
            if method is None:
                break
            found.append(Outside(method.routing_key, body, method.delivery_tag))
            seconds = 0.005
            if len(found) >= BATCH or not self._channel.get_waiting_message_count():
                break
        return found

    def done(self, taken: Sequence[Outside]) -> None:
        """One acknowledgement for all up to the last: the channel is ours alone."""
        self._channel.basic_ack(taken[-1].token, multiple=True)

    def close(self) -> None:
        """Leave; what is not acknowledged goes back to the queue."""
        self._connection.close()


class KafkaSource:
    """Topics of Kafka (cd.iot.telemetry.<works_no>); offsets are committed after storing."""

    def __init__(self, name: str, servers: str, topics: Sequence[str], consumer: Any = None) -> None:
        self.name = name
        self._consumer = consumer or _consumer(name, servers)
        self._consumer.subscribe(list(topics))

    def take(self, seconds: float) -> Sequence[Outside]:
        """Messages in order within each Kafka partition. Raises ``ConnectionError`` on an error."""
        found: list[Outside] = []
        for message in self._consumer.consume(BATCH, seconds):
            if message.error():
                raise ConnectionError(str(message.error()))
            found.append(Outside(message.topic(), message.value() or b"", message))
        return found

    def done(self, taken: Sequence[Outside]) -> None:
        """Commit the offset behind the last of each partition."""
        last = {(message.token.topic(), message.token.partition()): message.token for message in taken}
        for message in last.values():
            self._consumer.commit(message=message, asynchronous=False)

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close()


def _consumer(name: str, servers: str) -> Any:
    from confluent_kafka import Consumer

    return Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": f"minfang-{name}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )

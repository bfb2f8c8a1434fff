"""A real RabbitMQ as an outside source: what is not stored is delivered again, what is stored is not."""

from collections.abc import Iterator, Sequence
from typing import Any

import pika  # type: ignore[import-untyped]
import pytest
from tests.support.broker import wait_for
from tests.support.servers import NO_RABBIT, RABBIT, rabbit
from tests.support.telemetry import WORKS_NO

from minfang.supervision.arrival import forward
from minfang.supervision.arrival.forward import Forwarder
from minfang.supervision.arrival.sources.queues import RabbitSource

pytestmark = pytest.mark.skipif(RABBIT is None, reason=NO_RABBIT)
TOPIC = f"cd.iot.telemetry.{WORKS_NO}"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rabbit(tmp_path_factory.mktemp("rabbit")) as url:
        yield url


@pytest.fixture
def queue(address: str) -> Iterator[Any]:
    """A channel of the foreign system, with an empty queue behind its exchange."""
    connection = pika.BlockingConnection(pika.URLParameters(address))
    channel = connection.channel()
    channel.exchange_declare("iot", "topic", durable=True)
    channel.queue_declare("minfang", durable=True)
    channel.queue_purge("minfang")
    channel.queue_bind("minfang", "iot", "cd.iot.#")
    channel.confirm_delivery()
    yield channel
    connection.close()


class Keeper(Forwarder):
    """Takes the place of the broker; ``fails`` says that it is away."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.fails = False

    def store(self, messages: Sequence[tuple[str, bytes]], seconds: float = 10.0) -> None:
        if self.fails:
            raise ConnectionError
        self.kept += [body for _, body in messages]


def waiting(queue: Any) -> int:
    """Messages ready in the queue, not counting those somebody holds unacknowledged."""
    return int(queue.queue_declare("minfang", passive=True).method.message_count)


def taken_all(source: RabbitSource, keeper: Keeper, count: int) -> None:
    """Carry until this many are kept; the broker hands them out in parts."""
    for _ in range(50):
        if len(keeper.kept) >= count:
            return
        taken = source.take(0.2)
        if taken:
            forward.carry(source, taken, keeper)


def test_only_what_is_stored_is_acknowledged_and_the_rest_comes_again_in_order(
    address: str, queue: Any
) -> None:
    bodies = [b"%d" % n for n in range(500)]
    for body in bodies:
        queue.basic_publish("iot", TOPIC, body)
    keeper, source = Keeper(), RabbitSource("r", address, "minfang")
    keeper.fails = True
    taken = source.take(2.0)
    with pytest.raises(ConnectionError):
        forward.carry(source, taken, keeper)
    source.close()
    wait_for(lambda: waiting(queue) == len(bodies))  # nothing was stored: everything goes back

    keeper.fails = False
    again = RabbitSource("r", address, "minfang")
    taken_all(again, keeper, len(bodies))
    assert keeper.kept == bodies
    again.close()
    assert waiting(queue) == 0


def test_a_process_that_dies_between_storing_and_telling_is_told_the_same_again(
    address: str, queue: Any
) -> None:
    queue.basic_publish("iot", TOPIC, b"one")
    source, keeper = RabbitSource("r", address, "minfang"), Keeper()
    (message,) = source.take(2.0)
    keeper.store([(message.topic, message.payload)])
    source.close()
    later = RabbitSource("r", address, "minfang")
    taken_all(later, keeper, 2)
    later.close()
    assert keeper.kept == [b"one", b"one"], "at least once; the reading's key keeps one of them"
    assert waiting(queue) == 0

"""Messages of the partitions a worker reads, fetched ahead within bounds and acknowledged one by one.

Each message is acknowledged by who stored it: acknowledging the last for all before it would let go what
another reader of the partition was handed and never stored. After a connection is made or a partition taken
over, what was handed out before and not acknowledged is waited for and put in order: the broker hands it out
again before anything else, but what it knows to be undelivered before what ran out.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter

import orjson

from minfang.supervision.arrival import streams
from minfang.supervision.arrival.definitions import load
from minfang.supervision.arrival.wire import Connection, Message

EXPIRES_SECONDS = 30
IDLE_SECONDS = 0.25
FIRST_NUMBER = 100
AGAIN_SECONDS = 2.0  # within this all comes again that was handed out before


@dataclass(slots=True)
class Incoming:
    """One message of a device: ``received`` is when the broker stored it (µs), ``number`` its place there."""

    partition: int
    kind: bytes
    works_no: str
    device: str
    subject: str
    payload: bytes
    received: int
    reply: bytes
    number: int = 0


@dataclass(slots=True)
class _Fetch:
    """What was asked for of one partition; ``again`` messages were handed out before and come first."""

    ready_at: float
    outstanding: int = 0
    asked_at: float = 0.0
    again: int = 0
    kept: list[Incoming] = field(default_factory=list)

    def in_order(self, message: Incoming) -> list[Incoming]:
        """What may be stored now that this one is here."""
        if not self.again:
            return [message]
        self.kept.append(message)
        self.again -= 1
        return [] if self.again else self.release()

    def release(self) -> list[Incoming]:
        """What was kept back, in its order."""
        found, self.kept, self.again = sorted(self.kept, key=attrgetter("number")), [], 0
        return found


class Inflow:
    """The messages of one worker over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._fetches: dict[int, _Fetch] = {}
        self._rules = load("arrival")

    def read_only(self, partitions: Iterable[int]) -> None:
        """Read these partitions and no others from now on."""
        wanted = set(partitions)
        for partition in set(self._fetches) - wanted:
            self._connection.unsubscribe(FIRST_NUMBER + partition)  # the broker forgets what was asked for
            del self._fetches[partition]
        wait = self._rules["stream"]["ack_wait_seconds"] + 0.5
        for partition in wanted - set(self._fetches):
            unacked = streams.lag(self._connection, partition).unacked
            ready = time.monotonic() + (wait if unacked else 0.0)
            self._connection.subscribe(self._connection.own(b"p%d" % partition), FIRST_NUMBER + partition)
            self._fetches[partition] = _Fetch(ready)

    def _ask(self) -> None:
        """Keep requests open for all partitions, as many messages as memory allows."""
        stream, now, lines = self._rules["stream"], time.monotonic(), []
        for partition, fetch in self._fetches.items():
            if now - fetch.asked_at > EXPIRES_SECONDS + 5:
                fetch.outstanding = 0
            if fetch.outstanding > stream["fetch_messages"] // 4 or now < fetch.ready_at:
                continue
            if not fetch.asked_at:
                fetch.again = streams.lag(self._connection, partition).unacked
            body = orjson.dumps(
                {
                    "batch": stream["fetch_messages"],
                    "max_bytes": stream["fetch_bytes"],
                    "expires": EXPIRES_SECONDS * 1_000_000_000,
                }
            )
            reply = self._connection.own(b"p%d" % partition)
            subject = streams.next_subject(partition)
            lines.append(b"PUB %b %b %d\r\n%b\r\n" % (subject, reply, len(body), body))
            fetch.outstanding += stream["fetch_messages"]
            fetch.asked_at = now
        if lines:
            self._connection.send(b"".join(lines))

    def gather(self) -> list[Incoming]:
        """What arrives within the batch's time after the first message, up to its size; maybe nothing."""
        rules, found = self._rules["batch"], list[Incoming]()
        self._ask()
        timeout, deadline, size = IDLE_SECONDS, 0.0, 0
        while True:
            messages = self._connection.read(timeout)
            for message in messages:
                for incoming in self._sort(message):
                    found.append(incoming)
                    size += len(incoming.payload)
            now = time.monotonic()
            for fetch in self._fetches.values():
                if fetch.kept and now > fetch.asked_at + AGAIN_SECONDS:
                    found += fetch.release()
            if not found:
                return found
            deadline = deadline or now + rules["milliseconds"] / 1000
            # a reading in a batched message takes about 60 bytes on the wire
            full = len(found) >= rules["readings"] or size >= rules["readings"] * 60
            if now >= deadline or full or not messages:
                return found
            timeout = min(deadline - now, 0.003)

    def _sort(self, message: Message) -> list[Incoming]:
        """Devices' messages in order; none for what the broker itself says, and for partitions given up."""
        subject, reply, status, payload = message
        if not reply:
            if status:
                self._status(subject)
            return []
        tokens, words = subject.split(b".", 6), reply.split(b".")
        base = 2 if len(words) == 9 else 4
        partition = int(tokens[3])
        fetch = self._fetches.get(partition)
        if fetch is None:
            return []  # not acknowledged: comes again to its new reader
        fetch.outstanding -= 1
        device = tokens[6].decode("utf-8", "replace")
        incoming = Incoming(
            partition,
            tokens[4],
            tokens[5].decode("utf-8", "replace"),
            device,
            subject[10:].decode("utf-8", "replace"),
            payload,
            int(words[base + 5]) // 1000,
            reply,
            int(words[base + 3]),
        )
        return fetch.in_order(incoming)

    def _status(self, inbox: bytes) -> None:
        number = inbox.rsplit(b"-p", 1)[-1]
        if number.isdigit() and int(number) in self._fetches:
            self._fetches[int(number)].outstanding = 0

    def acknowledge(self, messages: Iterable[Incoming]) -> None:
        """These are stored."""
        self._connection.send(b"".join([b"PUB %b 0\r\n\r\n" % message.reply for message in messages]))

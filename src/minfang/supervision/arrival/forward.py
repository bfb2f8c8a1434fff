"""From outside sources into the broker: one way in, one order, whatever a message came by.

A message is acknowledged to its source only after the broker has stored it; from there on it goes the way of
every device's message. Sources that are not a device speak under a name with ``~`` and are trusted with any
device of theirs.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import close_old_connections

from minfang.supervision.arrival import actions
from minfang.supervision.arrival.decode import Letter
from minfang.supervision.arrival.wire import BrokerAway, BrokerError, Connection

log = logging.getLogger(__name__)
TRUSTED = "~"
SAFE = re.compile(r"^[\w:@-]{1,64}$")
KINDS = {"telemetry", "event", "device", "state"}
PREFIX = ["cd", "iot"]
WITH_DEVICE, WITHOUT_DEVICE = 5, 4
PAUSE_SECONDS = 2.0
IDLE_SECONDS = 60.0  # the broker gives up who is silent after several minutes


@dataclass(frozen=True, slots=True)
class Outside:
    """One message of an outside source; ``token`` is what the source needs to acknowledge it."""

    topic: str
    payload: bytes
    token: Any = None


class Source(Protocol):
    """An outside source: gives messages, and is told which of them are safe."""

    name: str

    def take(self, seconds: float) -> Sequence[Outside]:
        """What there is within this time, bounded; raises where the source is away."""

    def done(self, taken: Sequence[Outside]) -> None:
        """These are stored: the source may forget them."""

    def close(self) -> None:
        """Leave."""


def subject_of(source: str, topic: str) -> str | None:
    """Where the broker files a message of this topic (handbook §9.5), None for another's topic."""
    parts = topic.replace("/", ".").split(".")
    if len(parts) == WITHOUT_DEVICE:
        parts.append(TRUSTED + source)
    elif len(parts) == WITH_DEVICE and not SAFE.match(parts[4]):
        return None
    if len(parts) != WITH_DEVICE or parts[:2] != PREFIX or parts[2] not in KINDS or not SAFE.match(parts[3]):
        return None
    return "$MQTT.msgs." + ".".join(parts)


class Forwarder:
    """A connection that stores messages in the broker and knows that they are stored."""

    def __init__(self, url: str, name: str = "forward") -> None:
        self._url, self._name = url, name
        self._connection = Connection(url, name)
        self._count, self._used = 0, time.monotonic()

    def store(self, messages: Sequence[tuple[str, bytes]], seconds: float = 10.0) -> None:
        """Store them all. Raises ``BrokerAway`` or ``BrokerError``: then none may be acknowledged."""
        self._wake()
        self._count += 1
        inbox = self._connection.inbox(b"s%d" % self._count)
        waiting = {inbox + b".%d" % n for n in range(len(messages))}
        self._connection.send(
            b"".join(
                b"PUB %b %b.%d %d\r\n%b\r\n" % (subject.encode(), inbox, n, len(payload), payload)
                for n, (subject, payload) in enumerate(messages)
            )
        )
        deadline = time.monotonic() + seconds
        while waiting:
            if time.monotonic() > deadline:
                raise BrokerAway("the broker did not confirm")
            # Nothing may come back before the time is over: the broker also asks whether we are there.
            for subject, _, status, payload in self._connection.read(deadline - time.monotonic()):
                if subject in waiting:
                    if status or b'"error"' in payload:
                        raise BrokerError(503, (payload or status).decode("utf-8", "replace")[:200])
                    waiting.discard(subject)

    def _wake(self) -> None:
        """After a pause connect anew: nobody answered what the broker asked, it may have hung up."""
        if time.monotonic() - self._used > IDLE_SECONDS:
            self._connection.close()
            self._connection = Connection(self._url, self._name)
        self._used = time.monotonic()

    def close(self) -> None:
        """Leave."""
        self._connection.close()


def run(
    stop: threading.Event, open_source: Callable[[], Source], url: str, may_run: Callable[[], bool]
) -> None:
    """Carry over what a source has until told to stop; whatever is away is tried again."""
    while not stop.is_set():
        if not may_run():
            stop.wait(PAUSE_SECONDS)
            continue
        source: Source | None = None
        try:
            source = open_source()
            _carry(stop, source, Forwarder(url, f"forward-{source.name}"), may_run)
        except Exception as error:
            log.warning("an outside source pauses: %s", error)
            if source is not None:
                _note(source.name, str(error)[:300])
            stop.wait(PAUSE_SECONDS)
        finally:
            if source is not None:
                source.close()


def _carry(stop: threading.Event, source: Source, forwarder: Forwarder, may_run: Callable[[], bool]) -> None:
    _note(source.name, "")
    while not stop.is_set() and may_run():
        taken = source.take(1.0)
        if not taken:
            continue
        close_old_connections()
        carry(source, taken, forwarder)


def carry(source: Source, taken: Sequence[Outside], forwarder: Forwarder) -> None:
    """Store messages in the broker, what has no place there in the dead letters, then tell the source."""
    places = [(subject_of(source.name, message.topic), message) for message in taken]
    strange = [message for place, message in places if place is None]
    if strange:
        actions.keep_letters(
            f"outside/{source.name}"[:40],
            [Letter(message.topic, "未知主题", message.topic[:200], message.payload) for message in strange],
        )
    known = [(place, message.payload) for place, message in places if place is not None]
    if known:
        forwarder.store(known)
    source.done(taken)


def _note(name: str, error: str) -> None:
    close_old_connections()
    actions.stands(f"outside/{name}"[:40], kind="outside", error=error)

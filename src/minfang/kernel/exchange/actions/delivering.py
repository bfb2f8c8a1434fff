"""Delivering what is written down: claim shortly, call outside any transaction, record with the callbacks.

A worker may die at any point. Before the call nothing has happened; after it the same key is sent again
and the platform answers from memory; the record and its callbacks stand or fall together.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors, tuning
from minfang.kernel.exchange.actions import claiming, recording
from minfang.kernel.exchange.actions.claiming import Chain, Share
from minfang.kernel.exchange.actions.recording import Finished, Try
from minfang.kernel.exchange.connectors import Delivery, NotYet, Undelivered, Unreachable
from minfang.kernel.exchange.models import OutboxMessage, OutboxState

log = logging.getLogger(__name__)
Stopped = Callable[[], bool]


@dataclass
class DrainReport:
    """What one drain did, counted in messages."""

    delivered: int = 0
    waiting: int = 0
    dead: int = 0

    @property
    def handled(self) -> int:
        """All messages that were tried."""
        return self.delivered + self.waiting + self.dead

    def count(self, state: str) -> None:
        """Add one message that ended in ``state``."""
        if state == OutboxState.DONE:
            self.delivered += 1
        elif state == OutboxState.DEAD:
            self.dead += 1
        else:
            self.waiting += 1


def drain(
    limit: int = 100,
    *,
    only: Sequence[str] | None = None,
    apart_from: Sequence[str] = (),
    stop: threading.Event | None = None,
) -> DrainReport:
    """Try at most ``limit`` messages that are due, taking platforms in turn and each subject in its order.

    One call after the other, in the caller's thread. ``only`` and ``apart_from`` restrict it to, or to all
    but, some connectors.
    """
    share = Share(None if only is None else tuple(only), tuple(apart_from))
    report = DrainReport()
    while report.handled < limit:
        chains = claiming.claim(min(limit - report.handled, tuning.current().batch), share)
        if not chains:
            return report
        prepare([message for chain in chains for message in chain])
        for place, chain in enumerate(chains):
            if stop is not None and stop.is_set():
                claiming.release(message for rest in chains[place:] for message in rest)
                return report
            results = list(send(chain))
            for state in recording.record(results):
                report.count(state)
    return report


def prepare(messages: Sequence[OutboxMessage]) -> None:
    """Let each connector look up at once what it needs for several of its messages."""
    shares: dict[str, list[OutboxMessage]] = {}
    for message in messages:
        shares.setdefault(message.connector, []).append(message)
    for code, share in shares.items():
        connector = connectors.get(code)
        if connector is not None:
            connector.prepare(share)


def send(chain: Chain, stopped: Stopped = lambda: False) -> Iterator[Finished]:
    """Call for each message of a chain until one does not arrive; the rest is given back."""
    for place, message in enumerate(chain):
        if stopped() or not claiming.in_time(message, settings.OUTSIDE_TIMEOUT_SECONDS):
            claiming.release(chain[place:])
            return
        finished = Finished(message, call(message))
        if not isinstance(finished.done.result, Delivery):
            claiming.release(chain[place + 1 :])
            yield finished
            return
        yield finished


def call(message: OutboxMessage) -> Try:
    """Make the call. A fault of our own counts as unreachable: tried again, then shown to a person."""
    started_at, started = clock.now(), time.monotonic()
    result: Delivery | Undelivered
    connector = connectors.get(message.connector)
    try:
        if connector is None:
            raise Unreachable(f"未配置平台接口：{message.connector}")
        result = connector.deliver(message)
    except Undelivered as error:
        result = error
    except Exception as error:
        log.exception("connector %s failed on message %s", message.connector, message.pk)
        result = Unreachable(f"接口程序出错：{type(error).__name__}")
    return Try(started_at, int((time.monotonic() - started) * 1000), result)


class Pump:
    """Delivers one share with several lanes side by side; results are recorded in groups.

    Calls are made in threads of their own, everything else in the thread that turns the pump.
    """

    def __init__(self, share: Share, stopped: Stopped) -> None:
        self.share, self.stopped, self.rules = share, stopped, tuning.current()
        self._pool = ThreadPoolExecutor(self.rules.width, thread_name_prefix="outbox-call")
        self._results: queue.SimpleQueue[Finished | None] = queue.SimpleQueue()
        self._open = 0

    def close(self) -> None:
        """Let running calls end."""
        self._pool.shutdown(wait=True)

    def turn(self) -> int:
        """Deliver until nothing is due; returns how many messages were tried."""
        tried, drained = 0, False
        while not self.stopped():
            if not drained and self._open < self.rules.width * 2:
                chains = claiming.claim(self.rules.batch, self.share)
                drained = not chains
                self._submit(chains)
            if not self._open:
                break
            results = self._collect()
            if results:
                recording.record(results)
                tried += len(results)
                drained = False
        self._finish()
        return tried

    def _submit(self, chains: list[Chain]) -> None:
        prepare([message for chain in chains for message in chain])
        self._open += len(chains)
        for chain in chains:
            self._pool.submit(self._run, chain)

    def _run(self, chain: Chain) -> None:
        try:
            for finished in send(chain, self.stopped):
                self._results.put(finished)
        except Exception:
            log.exception("a chain of messages broke off")
        finally:
            connection.close()
            self._results.put(None)

    def _collect(self) -> list[Finished]:
        """What has ended so far and in the next moment, at most a group: recording together is cheaper."""
        found: list[Finished] = []
        end = time.monotonic() + self.rules.linger
        while True:
            try:
                left = max(end - time.monotonic(), 0) if found else None
                entry = self._results.get(timeout=left)
            except queue.Empty:
                return found
            if entry is None:
                self._open -= 1
            else:
                found.append(entry)
            if len(found) >= self.rules.group or not self._open:
                return found

    def _finish(self) -> None:
        while self._open:
            results = self._collect()
            if results:
                recording.record(results)


__all__ = ["DrainReport", "NotYet", "Pump", "call", "drain", "prepare", "send"]

"""The ingest process: takes messages from the broker, commits them, and only then acknowledges."""

import logging
import os
import secrets
import socket
import threading
import time
from datetime import UTC, datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, close_old_connections

from minfang.supervision.arrival import actions, leases, streams, timers, watching
from minfang.supervision.arrival.commit import Position, commit
from minfang.supervision.arrival.decode import Collector, Letter
from minfang.supervision.arrival.definitions import load
from minfang.supervision.arrival.devices import Directory
from minfang.supervision.arrival.forward import TRUSTED
from minfang.supervision.arrival.inflow import Incoming, Inflow
from minfang.supervision.arrival.other_kinds import take_other
from minfang.supervision.arrival.wire import BrokerAway, BrokerError, Connection
from minfang.supervision.telemetry import index, latest

log = logging.getLogger(__name__)
KIND = "jetstream"
TICK_SECONDS = 1.0
REPORT_SECONDS = 5.0
SHARED_TICK_SECONDS = 10.0
TELEMETRY = b"telemetry"


class Worker:
    """One process (or, in tests, one thread) that reads its share of the partitions."""

    def __init__(self, url: str, mqtt: tuple[str, int] | None = None, name: str = "") -> None:
        self.url, self.mqtt = url, mqtt
        self.name = name or f"{socket.gethostname()[:30]}-{os.getpid()}-{secrets.token_hex(2)}"
        self.stop = threading.Event()
        self.committed = 0
        self.partitions: set[int] = set()
        self._ticked = self._clocked = self._reported = self._renewed = self._turned = 0.0

    def run(self) -> None:
        """Stay until told to stop; broker or database away: wait and go on where it was acknowledged."""
        rules = load("arrival")["batch"]
        pause = rules["pause_seconds"]
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                self._session()
            except (BrokerAway, BrokerError, OperationalError, InterfaceError) as error:
                self._trouble(error)
            except Exception as error:
                log.exception("ingest session failed")
                self._trouble(error)
            if self.stop.is_set():
                break
            pause = rules["pause_seconds"] if time.monotonic() - began > 30 else pause
            self.stop.wait(pause)
            pause = min(pause * 2, rules["longest_pause_seconds"])
        self._leave()

    def _trouble(self, error: Exception) -> None:
        log.warning("ingest pauses: %s", error)
        watching.forget()
        try:
            close_old_connections()
            for partition in self.partitions:
                actions.stands(_source(partition), kind=KIND, worker=self.name, error=str(error)[:300])
        except DatabaseError:
            pass

    def _leave(self) -> None:
        watching.listen(None)
        try:
            latest.flush()
            leases.leave(self.name)
        except DatabaseError:
            log.warning("leases could not be given back")

    def _session(self) -> None:
        """One connection's life."""
        close_old_connections()
        index.forget()
        latest.repair()
        watching.forget()
        connection = Connection(self.url, self.name)
        try:
            streams.ensure(connection, self.mqtt, streams.credentials(self.url))
            self._directory = Directory()
            self._inflow = Inflow(connection)
            self.partitions, self._renewed = set(), 0.0
            self._turned = time.time()
            watching.listen(_micros())  # what was not heard before is nobody's silence
            while not self.stop.is_set():
                self._keep_leases()
                self._turn()
                self._by_time(connection)
        finally:
            connection.close()

    def _keep_leases(self) -> None:
        if time.monotonic() - self._renewed < load("arrival")["lease"]["renew_seconds"]:
            return
        held = leases.renew(self.name)
        if held != self.partitions:
            watching.forget()  # others have moved the states of what is new here
            latest.repair()
            self._inflow.read_only(held)
            self.partitions = held
        self._renewed = time.monotonic()

    def _turn(self) -> None:
        """Gather messages for a moment, commit them, acknowledge them."""
        messages = self._inflow.gather()
        if not messages:
            return
        try:
            self.take(messages)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            log.exception("a batch failed as a whole; message by message now")
            for message in messages:
                self._alone(message)
        self._inflow.acknowledge(messages)
        self.committed += len(messages)

    def take(self, messages: list[Incoming], watch: bool = True) -> None:
        """Commit messages of one or several partitions in one transaction."""
        collector = Collector(self._directory)
        for message in messages:
            if message.kind == TELEMETRY:
                sender = "" if message.device.startswith(TRUSTED) else message.device
                collector.message(message.payload, message.received, message.subject, sender)
            else:
                take_other(collector, message)
        position = Position(
            messages=len(messages), letters=collector.letters, rejects=collector.rejects, kind=KIND
        )
        commit(collector.batch(), _source(messages[0].partition), position, watch)

    def _alone(self, message: Incoming) -> None:
        """One message of a batch that failed: in, in without the rules, or to the dead letters."""
        for watch in (True, False):
            try:
                self.take([message], watch)
            except (OperationalError, InterfaceError):
                raise
            except Exception as error:
                reason = "规则计算失败" if watch else "入库失败"
                detail = f"{type(error).__name__}: {error}"[:200]
                letter = Letter(message.subject, reason, detail, message.payload, message.device)
                actions.keep_letters(_source(message.partition), [letter])
            else:
                return

    def _by_clock(self, connection: Connection, now: float) -> None:
        """Holds that run out and silence; where others move states too, they are read again, less often."""
        if len(self.partitions) < load("arrival")["stream"]["partitions"]:
            if now - self._clocked < SHARED_TICK_SECONDS:
                return
            watching.forget()
        self._clocked = now
        present, everywhere = _micros(), range(load("arrival")["stream"]["partitions"])
        consumed = {number: streams.consumed_until(connection, number, present) for number in everywhere}
        timers.run(consumed, present, self._directory)

    def _notice_standstill(self) -> None:
        present = time.time()
        if abs(present - self._turned) > load("arrival")["timer"]["stall_seconds"]:
            watching.listen(_micros())
        self._turned = present

    def _by_time(self, connection: Connection) -> None:
        now = time.monotonic()
        self._notice_standstill()
        if now - self._ticked >= TICK_SECONDS:
            self._ticked = now
            self._directory.renew()
            latest.flush()
            if 0 in self.partitions:
                self._by_clock(connection, now)
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            close_old_connections()
            for partition in sorted(self.partitions):
                present, found = _micros(), streams.lag(connection, partition)
                until = streams.consumed_until(connection, partition, present, found)
                actions.stands(
                    _source(partition),
                    kind=KIND,
                    worker=self.name,
                    pending=found.pending,
                    unacked=found.unacked,
                    oldest_waiting_at=_instant(until) if until < present else None,
                    error="",
                )


def mqtt_address() -> tuple[str, int] | None:
    """Host and port where devices connect, as configured."""
    host, _, port = str(settings.BROKER_MQTT).partition(":")
    return (host, int(port)) if port else None


def _micros() -> int:
    return time.time_ns() // 1000


def _instant(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1e6, UTC)


def _source(partition: int) -> str:
    return f"{KIND}/{partition}"

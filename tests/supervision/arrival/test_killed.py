"""Worker, broker and database killed under load: nothing lost, nothing twice, and the alarms are the same."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connections
from tests.support.broker import RunningBroker, Sender, wait_for
from tests.support.intake import a_sender, broker_with_a_door, topic, working
from tests.support.own_database import OwnServer, own_server
from tests.support.telemetry import a_series

from minfang.supervision.alarms.actions.taking import open_key
from minfang.supervision.alarms.models import Alarm
from minfang.supervision.arrival.models import Partition
from minfang.supervision.rules import checking, loading
from minfang.supervision.rules.engine import Engine
from minfang.supervision.rules.models import AlarmRule, AlarmRuleVersion, VersionState
from minfang.supervision.rules.schedule import micros
from minfang.supervision.rules.signals import Signal, SignalKind
from minfang.supervision.telemetry.batches import build
from minfang.supervision.telemetry.models import Conflict, LatestValue, Reading

DEVICES, STEPS, KILL_AT = 4, 160, 60
AHEAD_MS = 90_000  # no clock of the rules overtakes what is measured, however slow this machine
HIGH = {"kind": "compare", "op": "gt", "value": 80.0, "clear": 78.0}
LEVELS = [
    {"level": 2, "when": [{**HIGH, "value": 90.0, "clear": 88.0}]},
    {"level": 3, "when": [{**HIGH, "hold_seconds": 1}]},
]
OFTEN = [
    {"level": 3, "when": [{**HIGH, "kind": "frequent", "times": 3, "span_seconds": 15, "each": "crossing"}]}
]
HEARD = {"OPENED", "BACK", "AGAIN", "RISEN", "CLEARED"}


def a_rule(code: str, levels: list[Any]) -> None:
    """A published rule on humidity that merges and repeats nothing."""
    definition = {
        "metric": "HUMI",
        "levels": levels,
        "message": "${place}${metric}${value}${unit_name}，超过${threshold}",
        "dedupe": {"kind": "NONE"},
        "repeat_minutes": None,
    }
    data = checking.plain(checking.sound(definition))
    rule = AlarmRule.objects.create(code=code, name=code, category="ENV")
    AlarmRuleVersion.objects.create(
        rule=rule,
        number=1,
        state=VersionState.PUBLISHED,
        definition=data,
        digest=checking.digest(data),
        live_key=rule.pk,
    )


def value_of(device: int, step: int) -> float:
    """Calm, high, very high and back within four seconds; each device at its own time."""
    turn = (step + 7 * device) % 40
    return 70.0 + turn / 10 if turn < 20 else (85.0 if turn < 32 else 95.0) + turn / 100


class Load:
    """Devices that report ten times a second of event time; remembers everything it sent."""

    def __init__(self, broker: RunningBroker) -> None:
        self.senders: list[Sender] = [a_sender(broker, f"dev-{n}") for n in range(DEVICES)]
        self.series = [a_series(f"dev-{n}") for n in range(DEVICES)]
        self.start = time.time_ns() // 1_000_000 + AHEAD_MS
        self.step = 0

    def send(self, steps: int) -> None:
        """One reading of each device a step."""
        for step in range(self.step, self.step + steps):
            for n, sender in enumerate(self.senders):
                reading = {"type": "HUMI", "ts": self.start + step * 100, "value": value_of(n, step)}
                sender.send(topic(f"dev-{n}"), json.dumps({"deviceId": f"dev-{n}", **reading}).encode())
            time.sleep(0.002)
        self.step += steps

    @property
    def sent(self) -> int:
        """Readings so far."""
        return self.step * DEVICES

    def close(self) -> None:
        """Leave."""
        for sender in self.senders:
            sender.close()

    def through(self, kill: Callable[[], None]) -> None:
        """Report, with a kill in the middle, until everything is acknowledged and stored."""
        before = self.sent
        self.send(KILL_AT)
        wait_for(lambda: stored() > before, 60)
        kill()
        self.send(STEPS - KILL_AT)
        wait_for(lambda: sum(sender.acknowledged for sender in self.senders) == self.sent, 60)
        wait_for(lambda: stored() >= self.sent, 60)

    def expected(self) -> dict[str, "Story"]:
        """What becomes of alarms when an engine that was never killed hears these readings in their order."""
        known = loading.facts(remembering=False)
        engine = Engine(loading.compiled(known), [], known)
        rows = [
            (self.series[n], (self.start + step * 100) * 1000, value_of(n, step))
            for step in range(self.step)
            for n in range(DEVICES)
        ]
        series, ts, value = zip(*rows, strict=True)
        found: dict[str, Story] = {}
        for said in engine.feed(build(series, ts, value, [0] * len(rows), ts)):
            if said.kind != SignalKind.HELD_BACK:
                found.setdefault(open_key(said.rule_id, said.series_id), Story()).hear(said)
        return found


@dataclass
class Story:
    """What became of one alarm."""

    happened: list[tuple[str, int]] = field(default_factory=list)
    level: int = 0
    count: int = 0
    opened: int = 0
    last: int = 0
    cleared: int | None = None

    def hear(self, said: Signal) -> None:
        """One signal later."""
        if said.kind == SignalKind.CLEAR:
            self.cleared = said.at
            self.happened.append(("CLEARED", self.level))
            return
        self.count, self.last = self.count + 1, said.at
        if not self.opened:
            self.opened, self.level = said.at, said.level
            self.happened.append(("OPENED", said.level))
            return
        if self.cleared is not None:
            self.cleared = None
            self.happened.append(("BACK", said.level))
        if said.level != self.level:
            self.happened.append(("RISEN" if said.level < self.level else "AGAIN", said.level))
        elif said.kind == SignalKind.RAISE:
            self.happened.append(("AGAIN", said.level))
        self.level = said.level


def told() -> dict[str, Story]:
    """What became of the alarms in the ledger."""
    found = {}
    for alarm in Alarm.objects.prefetch_related("events"):
        events = sorted(alarm.events.all(), key=lambda event: event.pk)
        found[str(alarm.open_key)] = Story(
            [(event.kind, event.level) for event in events if event.kind in HEARD],
            alarm.level,
            alarm.count,
            micros(alarm.opened_at),
            micros(alarm.last_at),
            alarm.cleared_at and micros(alarm.cleared_at),
        )
    return found


def stored() -> int:
    """Readings in the database; 0 while it is away."""
    try:
        return Reading.objects.count()
    except DatabaseError:
        connections.close_all()
        return 0


def held_by(name: str, others: bool = False) -> int:
    """Partitions of a worker, or those of all others."""
    held = Partition.objects.exclude(worker="")
    return (held.exclude(worker=name) if others else held.filter(worker=name)).count()


@contextmanager
def a_process(broker: RunningBroker) -> Iterator["subprocess.Popen[bytes]"]:
    """An ingest process of its own on the database of this test."""
    place = connections["default"].settings_dict
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**place),
        "MINFANG_BROKER_URL": broker.url,
        "MINFANG_BROKER_MQTT": f"127.0.0.1:{broker.mqtt[1]}",
        "MINFANG_BROKER_ISSUER": str(broker.broker.issuer_file),
    }
    process = subprocess.Popen([sys.executable, "-m", "minfang.project.cli", "ingest"], env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def database(transactional_db: None, tmp_path: Path) -> Iterator[OwnServer]:
    """A server that may be killed."""
    with own_server(tmp_path / "postgres") as server:
        yield server


@pytest.fixture
def broker(database: OwnServer, tmp_path: Path, settings: object) -> Iterator[RunningBroker]:
    """A broker that asks us who a device is."""
    with broker_with_a_door(tmp_path / "broker", settings) as found:
        yield found


@pytest.mark.slow
def test_nothing_is_lost_doubled_or_judged_otherwise_when_everything_is_killed_under_load(
    broker: RunningBroker, database: OwnServer
) -> None:
    a_rule("HIGH", LEVELS)
    a_rule("OFTEN", OFTEN)
    load = Load(broker)
    with working(broker, "survivor") as survivor, a_process(broker) as victim:
        wait_for(lambda: len(survivor.partitions) == 4 and held_by("survivor", others=True) == 4, 120)

        def kill_broker() -> None:
            broker.kill()
            broker.start()

        def kill_database() -> None:
            database.kill()
            database.start()

        for kill in (victim.kill, kill_broker, kill_database):
            load.through(kill)
            assert Reading.objects.count() == load.sent
            assert told() == load.expected()
        assert held_by("survivor") == 8
    assert len(told()) == 2 * DEVICES
    assert sum(len(story.happened) for story in told().values()) > 100
    last = {series: value_of(n, load.step - 1) for n, series in enumerate(load.series)}
    assert dict(LatestValue.objects.values_list("series_id", "value")) == last
    assert not Conflict.objects.exists()
    load.close()

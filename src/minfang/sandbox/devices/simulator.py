"""All devices of the demonstration: who is due, what they read, and what is being made to happen to them."""

import heapq
import itertools
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from minfang.sandbox.devices import effects as happening
from minfang.sandbox.devices import faults, messages, noise, physics
from minfang.sandbox.devices.effects import SCENARIOS, Effect
from minfang.sandbox.devices.fleet import Fleet, Spot
from minfang.sandbox.devices.lines import Line
from minfang.sandbox.devices.messages import Read

log = logging.getLogger(__name__)
EVENTS = frozenset({"WATER", "DOORST", "FAN", "INTRUDE", "VIDEO", "TOXIC"})
LOOK_SECONDS = 20.0  # how often a device that reports changes looks at its contact
TICK_SECONDS = 2.0  # a gateway gathers this long
QUICK = {"DP": 5, "TANK": 60, "CO2": 60, "O2": 30}  # periods in an emergency (handbook §9.1)
SLOW_METRICS = {"BATTERY": 3600}
STORM_READINGS = 20_000
IN_ONE_MESSAGE = 200
FASTEST = 60.0


@dataclass
class SimClock:
    """The simulated instant: runs with the real one, faster, or stands still."""

    real: float
    shown: float
    speed: float = 1.0

    def at(self, real: float) -> float:
        """The simulated instant for a real one."""
        return self.shown + (real - self.real) * self.speed

    def set_speed(self, speed: float, real: float) -> None:
        """Go on from here at another pace; 0 stands still."""
        self.real, self.shown, self.speed = real, self.at(real), max(0.0, min(speed, FASTEST))


@dataclass(order=True)
class Due:
    """When a device looks at one of its metrics next."""

    at: float
    number: int
    metric: str = field(compare=False)


class Simulator:
    """A fleet over its lines. ``tick`` comes every two seconds; the rest is for the control page."""

    def __init__(self, fleet: Fleet, line_of: Callable[[Spot], Line], now: float, seed: int = 7) -> None:
        self.clock = SimClock(now, now)
        self.line_of = line_of
        self.lines: dict[str, Line] = {}
        self.effects: list[Effect] = []
        self.background: list[Effect] = []
        self.said: dict[tuple[str, str], tuple[float, float]] = {}
        self.readings = 0
        self._numbers = itertools.count()
        self.lock = threading.RLock()
        self._chance = random.Random(seed)  # noqa: S311 - invented data
        self._due: list[Due] = []
        self.fleet = Fleet(())
        self._names: dict[int, str] = {}
        self._t = now
        self.equip(fleet, now)

    def equip(self, fleet: Fleet, now: float) -> None:
        """Take over the present list of devices; those that were there keep their rhythm."""
        with self.lock:
            known = set(self.fleet.by_id)
            self.fleet = fleet
            numbers = {spot.device_id: index for index, spot in enumerate(fleet.spots)}
            old = [due for due in self._due if self._names.get(due.number) in numbers] if known else []
            self._due = [Due(due.at, numbers[self._names[due.number]], due.metric) for due in old]
            self._names = {index: spot.device_id for index, spot in enumerate(fleet.spots)}
            for index, spot in enumerate(fleet.spots):
                if spot.device_id not in known:
                    self._due += [self._first(index, spot, metric, now) for metric in spot.metrics]
            heapq.heapify(self._due)

    def _first(self, index: int, spot: Spot, metric: str, now: float) -> Due:
        soon = min(self._period(spot, metric), 60.0)
        return Due(now + soon * noise.one(spot.seed + 41, 0.0, 1.0), index, metric)

    def _period(self, spot: Spot, metric: str) -> float:
        if metric in EVENTS:
            return LOOK_SECONDS
        if metric in SLOW_METRICS:
            return SLOW_METRICS[metric]
        urgent = metric in QUICK and spot.works_no in self.emergencies
        return min(spot.period, QUICK[metric]) if urgent else spot.period

    @property
    def emergencies(self) -> set[str]:
        """Works under emergency conditions."""
        found = (effect for effect in self.effects if effect.kind == happening.EMERGENCY)
        return {effect.works_no for effect in found if effect.until > self._t}

    def tick(self, now: float) -> int:
        """Everybody who is due reads and reports; how many readings went out."""
        with self.lock:
            self._forget_past(now)
            self._switch_lines(now)
            reads = [read for read in self._due_reads(now) if self._is_news(read)]
            self._hand_over(reads)
            return len(reads)

    def _forget_past(self, now: float) -> None:
        self._t = self.clock.at(now)
        self.effects = [effect for effect in self.effects if self._t < effect.until + 3600.0]

    def _due_reads(self, now: float) -> Iterable[Read]:
        speed = self.clock.speed
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            spot = self.fleet.spots[due.number]
            step = max(self._period(spot, due.metric) / max(speed, 1.0), 1.0)
            heapq.heappush(self._due, Due(max(due.at + step, now - step), due.number, due.metric))
            if speed:
                value = self.read(spot, due.metric, now)
                if not np.isnan(value):
                    yield Read(spot, due.metric, due.at, value)

    def read(self, spot: Spot, metric: str, now: float) -> float:
        """What this device says at a real instant; NaN when it says nothing."""
        t = np.array([self.clock.at(now)])
        around = [e for e in (*self.effects, *self.background) if e.touches(spot.works_no, spot.unit)]
        true = physics.values(spot, metric, t, around)
        return float(faults.disturbed(spot, metric, t, true, around)[0])

    def _is_news(self, read: Read) -> bool:
        """Contacts report changes at once and otherwise once a period; everything else always."""
        key = (read.spot.device_id, read.metric)
        before = self.said.get(key)
        same = before is not None and before[1] == read.value
        period = read.spot.period / max(self.clock.speed, 1.0)
        if read.metric in EVENTS and same and before is not None and read.t - before[0] < period:
            return False
        self.said[key] = (read.t, read.value)
        return True

    def _hand_over(self, reads: list[Read]) -> None:
        grouped: dict[str, list[Read]] = {}
        for read in reads:
            grouped.setdefault(messages.topic(read.spot), []).append(read)
        for topic, found in grouped.items():
            line = self._line(found[0].spot)
            for start in range(0, len(found), IN_ONE_MESSAGE):
                part = found[start : start + IN_ONE_MESSAGE]
                for payload in messages.through_the_line(part[0].spot.works_no, part, self._chance):
                    line.send(topic, payload)
        self.readings += len(reads)

    def _line(self, spot: Spot) -> Line:
        name = spot.gateway or spot.device_id
        if name not in self.lines:
            self.lines[name] = self.line_of(spot)
        return self.lines[name]

    def _switch_lines(self, now: float) -> None:
        t = self.clock.at(now)
        down = {
            e.target or e.works_no for e in self.effects if e.kind == happening.GATEWAY_DOWN and t < e.until
        }
        works = {name: spot.works_no for spot in self.fleet.spots if (name := spot.gateway or spot.device_id)}
        for name, line in self.lines.items():
            if "" in down or name in down or works.get(name) in down:
                line.take_down()
            else:
                line.bring_up()

    def raise_scenario(
        self, kind: str, works_no: str, unit: str, target: str, minutes: float, now: float
    ) -> Effect:
        """Make something happen from now on; a storm goes out at once."""
        usual = SCENARIOS[kind][2]
        with self.lock:
            t = self.clock.at(now)
            lasts = minutes * 60.0 if minutes > 0 else usual
            until = t + lasts if lasts else float("inf")
            effect = Effect(kind, works_no, unit, t, until, target, next(self._numbers))
            self.effects.append(effect)
            if kind == happening.STORM:
                self._storm(effect, now)
            self._hurry(effect, now)
            return effect

    def set_speed(self, speed: float, now: float) -> None:
        """Simulated time runs at another pace; stamps stay real, devices look the more often."""
        with self.lock:
            self.clock.set_speed(speed, now)
            for effect in self.effects:
                self._hurry(effect, now)

    def _hurry(self, effect: Effect, now: float) -> None:
        """Devices there look sooner than their period says, as whoever raised it would wish."""
        soon = LOOK_SECONDS / max(self.clock.speed, 1.0)
        for due in self._due:
            spot = self.fleet.spots[due.number]
            if effect.touches(spot.works_no, spot.unit) and due.metric not in SLOW_METRICS:
                due.at = min(due.at, now + soon * noise.one(spot.seed + 43, 0.2, 1.0))
        heapq.heapify(self._due)

    def _storm(self, effect: Effect, now: float) -> None:
        """About 20 000 readings far beyond every threshold within a few seconds of event time."""
        there = [s for s in self.fleet.spots if effect.touches(s.works_no, "")]
        pairs = [(s, metric) for s in there for metric in s.metrics if metric in faults.ALARMING]
        if not pairs:
            return
        rounds = STORM_READINGS // len(pairs) + 1
        reads = [
            Read(spot, metric, now - 4.0 + 4.0 * turn / rounds, faults.ALARMING[metric])
            for turn in range(rounds)
            for spot, metric in pairs
        ]
        self._hand_over(reads[:STORM_READINGS])

    def end(self, number: int, now: float) -> Effect | None:
        """A happening is over, what it did fades; ``None`` where there is none of that number any more."""
        with self.lock:
            for index, effect in enumerate(self.effects):
                if effect.number == number:
                    self.effects[index] = replace(effect, until=min(effect.until, self.clock.at(now)))
                    return self.effects[index]
        return None

    def follow(self, emergencies: frozenset[str], now: float) -> None:
        """Works the product put in 应急 behave so; those it took back return to peace."""
        with self.lock:
            t = self.clock.at(now)
            for works_no in emergencies - self.emergencies:
                number = next(self._numbers)
                self.effects.append(
                    Effect(happening.EMERGENCY, works_no, since=t, target="registry", number=number)
                )
            for effect in tuple(self.effects):
                over = effect.kind == happening.EMERGENCY and effect.target == "registry"
                if over and effect.works_no not in emergencies and not np.isfinite(effect.until):
                    self.end(effect.number, now)

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop."""
        while not stop.wait(TICK_SECONDS):
            try:
                self.tick(time.time())
            except Exception:
                log.exception("a turn of the simulated devices failed")

    def close(self) -> None:
        """Hang up all lines."""
        for line in self.lines.values():
            line.close()

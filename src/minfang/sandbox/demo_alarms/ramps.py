"""Readings that lead to an alarm, and what the product's own rule machine says to them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import Any

from minfang.supervision.rules import loading
from minfang.supervision.rules.machine import Machine
from minfang.supervision.rules.memory import World
from minfang.supervision.rules.plans import Plan, TestPlan
from minfang.supervision.rules.signals import Signal, SignalKind
from minfang.supervision.rules.states import StateRow, dump
from minfang.supervision.telemetry import metrics

LEAD, CLIMB = 24, 2
QUIET = LEAD - 3
"""Readings at the beginning in which nothing can come true; the machine need not see them."""
US = 1_000_000
Reading = tuple[int, float]


@dataclass(frozen=True)
class Proof:
    """What a machine said to readings: when it raised first, and what it said last."""

    first: Signal
    last: Signal
    readings: tuple[Reading, ...]
    period: int
    normal: float
    state: StateRow
    """What the machine remembers after the readings, so that what comes next goes on from there."""


class _Nobody:
    """A neighbourhood in which nothing else is true."""

    def true_since(self, key: Any) -> dict[int, int]:
        """No series."""
        return {}


class Prover:
    """The published rules on the devices there are, asked one alarm at a time."""

    def __init__(self, dice: random.Random) -> None:
        known = loading.facts(remembering=False)
        self.dice = dice
        self.world = World(_Nobody(), known.readiness)
        self.plans: dict[str, dict[int, Plan]] = {
            rule.code: rule.plans for rule in loading.compiled(known) if rule.live and not rule.off
        }

    def prove(self, code: str, series: int, level: int, at: int) -> Proof | None:
        """Readings of the series that end at ``at`` (µs) with an alarm of that level; none where the rule
        cannot raise it there."""
        plan = self.plans[code][series]
        period = plan.facts.period * US
        if plan.silent_after is not None:
            return self._silence(plan, at, period)
        test = next((one for one in plan.tests if one.level == level and one.kind == "compare"), None)
        if test is None:
            return None
        values = ramp(plan, test, self.dice)
        first = at - (len(values) - 1) * period
        readings = [(first + n * period, value) for n, value in enumerate(values)]
        machine, said = Machine(plan, self.world), list[Signal]()
        for ts, value in readings[QUIET:]:
            machine.read(ts, value, 0, False, said.append)
        return _proof(said, readings, machine, values[0])

    def _silence(self, plan: Plan, at: int, period: int) -> Proof | None:
        assert plan.silent_after is not None
        values = normal(plan, self.dice)
        last = at - plan.silent_after
        readings = [(last - (len(values) - 1 - n) * period, value) for n, value in enumerate(values)]
        machine, said = Machine(plan, self.world), list[Signal]()
        machine.heard(*readings[-1])
        machine.settle(at, said.append)
        return _proof(said, readings, machine, values[0])


def _proof(said: Sequence[Signal], readings: list[Reading], machine: Machine, rest: float) -> Proof | None:
    raised = [one for one in said if one.kind in (SignalKind.RAISE, SignalKind.RISE)]
    if not raised:
        return None
    kept = tuple(one for one in readings if one[0] <= raised[-1].at)
    return Proof(raised[0], raised[-1], kept, machine.plan.facts.period, rest, dump(machine))


def side(test: TestPlan) -> int:
    """1 where greater values are worse, -1 where smaller ones are, 0 where one value is."""
    assert test.threshold is not None
    step = max(abs(test.threshold), 1.0) * 1e-3
    up, down = test.truth(test.threshold + step), test.truth(test.threshold - step)
    return up - down


def limits(plan: Plan, way: int) -> list[float]:
    """The thresholds of a rule on one side, the mildest first."""
    found = {one.threshold for one in plan.tests if one.kind == "compare" and side(one) == way}
    return sorted((value for value in found if value is not None), reverse=way < 0)


def normal(plan: Plan, dice: random.Random) -> list[float]:
    """A day like others."""
    known = metrics.get(plan.facts.metric)
    top = known.normal_high or (known.normal_low or 0) * 2 or known.high / 2
    low = known.normal_low or 0
    middle = low + (top - low) * dice.uniform(0.5, 0.7)
    return [round(middle * dice.uniform(0.985, 1.015), 1) for _ in range(LEAD)]


def ramp(plan: Plan, test: TestPlan, dice: random.Random) -> list[float]:
    """Values that rise (or fall) to a level and stay there as long as it has to hold."""
    held = 1 + ceil(test.hold / US / plan.facts.period)
    way, threshold = side(test), float(test.threshold or 0)
    if way == 0 or metrics.get(plan.facts.metric).kind != metrics.NUMBER:
        return [0.0] * LEAD + [threshold] * held
    edges = limits(plan, way)
    room = _room(plan, edges, threshold, way)
    peak = threshold + way * room * dice.uniform(0.3, 0.65)
    near, digits = edges[0], 1 if room > 2 else 2 if room > 0.2 else 3
    begin, end = near * (1 - way * 0.12), near * (1 - way * 0.03)
    step = abs(end - begin) * 0.06
    lead = [begin + (end - begin) * (n / LEAD) ** 1.6 + dice.uniform(-step, step) for n in range(LEAD)]
    climb = [end + (peak - end) * (n + 1) / (CLIMB + 1) for n in range(CLIMB)]
    stay = [peak + room * dice.uniform(-0.12, 0.12) for _ in range(held)]
    return [round(value, digits) for value in (*lead, *climb, *stay)]


def _room(plan: Plan, edges: list[float], threshold: float, way: int) -> float:
    """How far beyond a threshold values may go: not to the next one, nor out of the metric's range."""
    known = metrics.get(plan.facts.metric)
    beyond = [edge for edge in edges if (edge - threshold) * way > 0]
    border = beyond[0] if beyond else (known.high if way > 0 else known.low)
    far = abs(border - threshold) if isfinite(border) else abs(threshold)
    return min(far, abs(threshold) * 0.35)

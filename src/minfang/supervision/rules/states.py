"""A machine as a row and back."""

from dataclasses import asdict, dataclass, field
from typing import Any

from minfang.supervision.rules.machine import KEPT, Machine
from minfang.supervision.rules.memory import TestState, World
from minfang.supervision.rules.plans import Plan


@dataclass(frozen=True, slots=True)
class StateRow:
    """What a row of ``rul_state`` holds; times are µs since the epoch."""

    rule_id: int
    version_id: int
    series_id: int
    phase: str
    level: int | None
    since_ts: int | None
    last_ts: int | None
    last_value: float | None
    count: int
    window_start: int | None
    next_due: int | None
    data: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For a test that stops and starts."""
        return asdict(self)


def phase(machine: Machine) -> str:
    """ACTIVE raised, HELD fulfilled but not told, PENDING on its way, IDLE only remembered."""
    if machine.raised is not None:
        return "ACTIVE"
    if machine.episode:
        return "HELD"
    return "PENDING" if any(state.base or state.raw for state in machine.tests) else "IDLE"


def dump(machine: Machine) -> StateRow:
    """What a machine remembers."""
    since = [state.since for state in machine.tests if state.since is not None]
    marks = [mark for state in machine.tests for mark in state.marks]
    data = {name: getattr(machine, name) for name in KEPT}
    data |= {
        "tests": [state.dump() for state in machine.tests],
        "held": machine.held,
        "episodes": machine.episodes,
        "proof": [list(pair) for pair in machine.proof],
    }
    return StateRow(
        rule_id=machine.plan.rule_id,
        version_id=machine.plan.compiled.version_id,
        series_id=machine.plan.facts.series,
        phase=phase(machine),
        level=machine.raised,
        since_ts=min(since, default=None),
        last_ts=machine.seen,
        last_value=machine.value,
        count=max((state.n for state in machine.tests), default=0),
        window_start=min(marks, default=None),
        next_due=machine.due,
        data=data,
    )


def restore(row: StateRow, plan: Plan, world: World, newest: tuple[int, float, int] | None) -> Machine:
    """A machine as it was; ``newest`` is the newest reading of the series, which the row may lag behind."""
    machine = Machine(plan, world)
    for name in KEPT:
        setattr(machine, name, row.data.get(name))
    machine.tests = [TestState.load(state) for state in row.data["tests"]]
    machine.held = [list(pair) for pair in row.data["held"]]
    machine.episodes = list(row.data["episodes"])
    machine.proof = [(int(at), float(value)) for at, value in row.data["proof"]]
    machine.due = row.next_due
    counts = newest is not None and (plan.silent_after is not None or newest[2] <= plan.worst_quality)
    if newest is not None and counts and newest[0] > (machine.seen or 0):
        machine.seen, machine.value = newest[0], newest[1]
        if plan.silent_after is not None:
            machine.alive = newest[0]
    return machine

"""The rule engine: plain Python, event time, no database.

A batch is first asked by columns whether a reading could matter at all: its value lies outside the quiet
band of its series, a rule is at work there, or silence was too long. Only the series for which that holds
are walked through, in order of time, by state machines. So nearly all readings cost some nanoseconds, and
the answer is the same as if every one had been walked through.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minfang.supervision.rules.facts import Facts
from minfang.supervision.rules.machine import Machine
from minfang.supervision.rules.memory import World
from minfang.supervision.rules.plans import Compiled, PeerWatch, Plan
from minfang.supervision.rules.signals import Signal
from minfang.supervision.rules.states import StateRow, dump, restore
from minfang.supervision.telemetry.batches import Batch

NEVER = -(2**62)
NO_LIMIT = 2**62
Key = tuple[int, int]


@dataclass
class Counted:
    """What went through since the engine began."""

    readings: int = 0
    late: int = 0
    looked_at: int = 0


class _Neighbours:
    """Who is true in which neighbourhood; never stored, for it follows from the last values."""

    def __init__(self) -> None:
        self.true: dict[tuple[Any, ...], dict[int, int]] = defaultdict(dict)

    def true_since(self, key: tuple[Any, ...]) -> dict[int, int]:
        """Series → instant of its last true reading."""
        return self.true[key]


@dataclass
class _Columns:
    """One row a series number: the quiet band, how much is going on, what was seen last."""

    low: Any
    high: Any
    busy: Any
    last: Any
    value: Any
    quality: Any
    limit: Any

    @classmethod
    def of(cls, size: int) -> "_Columns":
        """For series numbers below ``size``; nothing is watched yet."""
        return cls(
            np.full(size, -np.inf),
            np.full(size, np.inf),
            np.zeros(size, np.bool_),
            np.full(size, NEVER, np.int64),
            np.full(size, np.nan),
            np.zeros(size, np.int16),
            np.full(size, NO_LIMIT, np.int64),
        )

    def grown(self, size: int) -> "_Columns":
        """The same with room for more."""
        new = _Columns.of(size)
        for name in ("low", "high", "busy", "last", "value", "quality", "limit"):
            getattr(new, name)[: len(self.low)] = getattr(self, name)
        return new


@dataclass
class Engine:
    """Watches readings by compiled rules; what it remembers survives as rows (``states``)."""

    compiled: Iterable[Compiled]
    states: Iterable[StateRow] = ()
    facts: Facts = field(default_factory=lambda: Facts({}))
    counted: Counted = field(default_factory=Counted)

    def __post_init__(self) -> None:
        self.compiled = list(self.compiled)
        self._neighbours = _Neighbours()
        self._world = World(self._neighbours, self.facts.readiness)
        self._machines: dict[int, dict[int, Machine]] = defaultdict(dict)
        self._plans: dict[int, list[Plan]] = defaultdict(list)
        self._watches: dict[int, list[PeerWatch]] = defaultdict(list)
        self._dependents: dict[tuple[Any, ...], list[Key]] = defaultdict(list)
        self._due: dict[Key, int] = {}
        self._dirty: set[Key] = set()
        top = max([0, *self.facts.series, *self.facts.memory]) + 1
        self._columns = _Columns.of(top)
        for rule in self.compiled:
            self._install(rule)
        for series, (ts, value, quality) in self.facts.memory.items():
            self._columns.last[series], self._columns.value[series] = ts, value
            self._columns.quality[series] = quality
        self._recall()
        for row in self.states:
            self._resume(row)

    # -- building

    def _install(self, rule: Compiled) -> None:
        columns = self._columns
        for watch in rule.watches:
            self._watches[watch.series].append(watch)
            columns.low[watch.series] = max(columns.low[watch.series], watch.low)
            columns.high[watch.series] = min(columns.high[watch.series], watch.high)
        for key, numbers in rule.dependents.items():
            self._dependents[key] += [(number, rule.rule_id) for number in numbers]
        if not rule.live or rule.off:
            return
        for series, plan in rule.plans.items():
            self._plans[series].append(plan)
            for test in plan.tests:
                columns.low[series] = max(columns.low[series], test.low)
                columns.high[series] = min(columns.high[series], test.high)
            if plan.silent_after is not None:
                columns.limit[series] = min(columns.limit[series], plan.silent_after)
            columns.busy[series] |= plan.always

    def _recall(self) -> None:
        """Neighbourhoods as the last values leave them."""
        for series, watches in self._watches.items():
            ts, value, quality = self.facts.memory.get(series, (NEVER, 0.0, 3))
            for watch in watches:
                if ts != NEVER and quality < 2 and watch.truth(value):
                    self._neighbours.true[watch.key][series] = ts
            self._note_busy(series)

    def _resume(self, row: StateRow) -> None:
        versions = {(rule.rule_id, rule.version_id): rule for rule in self.compiled}
        rule = versions.get((row.rule_id, row.version_id))
        plan = rule.plans.get(row.series_id) if rule else None
        if plan is None:
            return
        machine = restore(row, plan, self._world, self.facts.memory.get(row.series_id))
        self._machines[row.series_id][row.rule_id] = machine
        self._keep_due((row.series_id, row.rule_id), machine)
        self._note_busy(row.series_id)

    # -- what comes in

    def feed(self, batch: Batch) -> list[Signal]:
        """Take a batch of readings and say what happened, in order of time.

        Readings not newer than what is known of their series are counted and move nothing.
        """
        if not len(batch):
            return []
        self.counted.readings += len(batch)
        top = int(batch.series[-1]) + 1
        if top > len(self._columns.low):
            self._columns = self._columns.grown(max(top, 2 * len(self._columns.low)))
        picked = self._pick(batch)
        self.counted.looked_at += len(picked)
        said: list[Signal] = []
        rows = zip(
            batch.series[picked].tolist(),
            batch.ts[picked].tolist(),
            batch.value[picked].tolist(),
            batch.quality[picked].tolist(),
            batch.backfill[picked].tolist(),
            strict=True,
        )
        for series, ts, value, quality, backfill in rows:
            self._read(series, ts, value, quality, backfill, said)
        return said

    def _pick(self, batch: Batch) -> Any:
        """Rows that have to be walked through, in order of (time, series); the others are only remembered."""
        columns, series, ts = self._columns, batch.series, batch.ts
        fresh = ts > columns.last[series]
        if not fresh.all():
            self.counted.late += int(len(series) - fresh.sum())
        value = batch.value
        matters = (value < columns.low[series]) | (value > columns.high[series]) | columns.busy[series]
        before = columns.last[series]
        same = series[1:] == series[:-1]
        before[1:][same] = np.maximum(before[1:][same], ts[:-1][same])
        quiet_since = np.maximum(before, self._world.listening)
        matters |= (ts - quiet_since > columns.limit[series]) & (before != NEVER)
        matters &= fresh
        wanted = np.zeros(len(columns.low), np.bool_)
        wanted[series[matters]] = True
        picked = np.flatnonzero(wanted[series] & fresh)
        self._remember(batch, fresh, wanted)
        return picked[np.lexsort((series[picked], ts[picked]))]

    def _remember(self, batch: Batch, fresh: Any, walked: Any) -> None:
        """The newest reading of every series that is not walked through."""
        quiet = np.flatnonzero(fresh & ~walked[batch.series])
        if not len(quiet):
            return
        series = batch.series[quiet]
        newest = quiet[np.append(series[1:] != series[:-1], True)]
        where = batch.series[newest]
        self._columns.last[where] = batch.ts[newest]
        self._columns.value[where] = batch.value[newest]
        self._columns.quality[where] = batch.quality[newest]

    def _read(
        self, series: int, ts: int, value: float, quality: int, backfill: bool, said: list[Signal]
    ) -> None:
        columns = self._columns
        before = int(columns.last[series])
        machines = self._machines[series]
        for machine in machines.values():
            if machine.plan.silent_after is not None and before != NEVER:
                machine.heard(before, float(columns.value[series]))
        if series in self._watches:
            self._tell_neighbours(series, ts, value if quality < 2 else None, said)
        known = set(machines)
        for machine in list(machines.values()):
            self._give(machine, series, ts, value, quality, backfill, said)
        for plan in self._plans.get(series, ()):
            if plan.rule_id not in known and self._matters(plan, ts, value, before):
                machine = self._new(plan, before)
                self._give(machine, series, ts, value, quality, backfill, said)
        columns.last[series], columns.value[series], columns.quality[series] = ts, value, quality
        self._note_busy(series)

    def _matters(self, plan: Plan, ts: int, value: float, before: int) -> bool:
        if plan.silent_after is not None:
            return before != NEVER and ts - max(before, self._world.listening) > plan.silent_after
        return plan.always or any(test.truth(value) for test in plan.tests)

    def _new(self, plan: Plan, before: int) -> Machine:
        machine = Machine(plan, self._world)
        if plan.silent_after is not None:
            machine.alive = machine.seen = before
            machine.value = float(self._columns.value[plan.facts.series])
            machine.due = max(before, self._world.listening) + plan.silent_after
        self._machines[plan.facts.series][plan.rule_id] = machine
        return machine

    def _give(
        self,
        machine: Machine,
        series: int,
        ts: int,
        value: float,
        quality: int,
        backfill: bool,
        said: list[Signal],
    ) -> None:
        before = machine.steady()
        if machine.plan.silent_after is not None:
            machine.spoken(ts, value, said.append)
        else:
            machine.read(ts, value, quality, backfill, said.append)
        self._after(machine, series, ts, before)

    def _after(self, machine: Machine, series: int, ts: int, before: tuple[Any, ...] | None) -> None:
        key = (series, machine.plan.rule_id)
        if before is None or machine.steady() != before:
            self._dirty.add(key)
        if machine.forgettable(ts):
            self._dirty.add(key)
            self._machines[series].pop(key[1], None)
            self._due.pop(key, None)
            return
        if not machine.busy:
            self._renew(machine, series)
        self._keep_due(key, machine)

    def _renew(self, machine: Machine, series: int) -> None:
        """A machine at rest goes over to the version in force."""
        if machine.plan.compiled.live:
            return
        for plan in self._plans.get(series, ()):
            if plan.rule_id == machine.plan.rule_id:
                machine.renew(plan)
                self._dirty.add((series, plan.rule_id))

    def _keep_due(self, key: Key, machine: Machine) -> None:
        if machine.due is None:
            self._due.pop(key, None)
        else:
            self._due[key] = machine.due

    def _note_busy(self, series: int) -> None:
        machines = self._machines.get(series, {})
        always = any(plan.always for plan in self._plans.get(series, ()))
        near = any(series in self._neighbours.true[watch.key] for watch in self._watches.get(series, ()))
        self._columns.busy[series] = always or near or any(machine.busy for machine in machines.values())

    def _tell_neighbours(self, series: int, ts: int, value: float | None, said: list[Signal]) -> None:
        """A value that cannot be trusted (``None``) proves nothing to neighbours, as after a restart."""
        for watch in self._watches[series]:
            true = self._neighbours.true[watch.key]
            holds = value is not None and watch.truth(value)
            if not holds and series not in true:
                continue
            woken = [
                (number, machine, machine.steady())
                for number, rule in self._dependents[watch.key]
                if (machine := self._machines[number].get(rule)) is not None
            ]
            for _, machine, _ in woken:
                machine.advance(ts, said.append)
            if holds:
                true[series] = ts
            else:
                true.pop(series, None)
            for number, machine, before in woken:
                if number != series:
                    machine.poke(ts, said.append)
                    self._after(machine, number, ts, before)
                    self._note_busy(number)
                elif machine.steady() != before:
                    self._dirty.add((number, machine.plan.rule_id))

    # -- what happens by itself

    def listen(self, since: int) -> None:
        """Readings are taken without a break since then (µs): silence counts from there at the earliest.

        What a device did not say while nobody listened is not its silence. An alarm that stands remains.
        """
        self._world.listening = since

    def due(self, now: int, series: Iterable[int] | None = None) -> list[Signal]:
        """What happened by ``now`` (µs) without a new reading: holds run out, no data, clear by silence.

        Call it a little behind the clock, so that readings on their way are not overtaken. ``series``
        limits it to the series this process answers for.
        """
        mine = None if series is None else set(series)
        said: list[Signal] = []
        ripe = [key for key, at in self._due.items() if at <= now and (mine is None or key[0] in mine)]
        self._find_silent(now, mine, ripe)
        for number, rule in sorted(set(ripe)):
            machine = self._machines.get(number, {}).get(rule)
            if machine is not None:
                if machine.plan.silent_after is not None:
                    machine.heard(int(self._columns.last[number]), float(self._columns.value[number]))
                machine.advance(now + 1, said.append)
                self._after(machine, number, now, None)
                self._note_busy(number)
        return sorted(said, key=lambda signal: signal.at)

    def _find_silent(self, now: int, mine: set[int] | None, ripe: list[Key]) -> None:
        columns = self._columns
        quiet_since = np.maximum(columns.last, self._world.listening)
        silent = (columns.last != NEVER) & (now - quiet_since >= columns.limit)
        for series in np.flatnonzero(silent).tolist():
            if mine is not None and series not in mine:
                continue
            for plan in self._plans.get(series, ()):
                if plan.silent_after is None or plan.rule_id in self._machines[series]:
                    continue
                if now - int(quiet_since[series]) >= plan.silent_after:
                    self._new(plan, int(columns.last[series]))
                    ripe.append((series, plan.rule_id))

    def readiness_changed(self, works: int, at: int, state: str) -> None:
        """A work went over to another readiness; what waits for it is asked again at the next turn."""
        self.facts.readiness.change(works, at, state)
        for number, machines in self._machines.items():
            for rule, machine in machines.items():
                if machine.plan.facts.works_id == works and machine.episode:
                    machine.due = at if machine.due is None else min(machine.due, at)
                    self._due[number, rule] = machine.due

    # -- what is remembered

    def changed(self) -> list[StateRow | Key]:
        """What the memory changed since the last call: rows to write, or (series, rule) whose row goes."""
        found: list[StateRow | Key] = []
        for series, rule in sorted(self._dirty):
            machine = self._machines.get(series, {}).get(rule)
            found.append((series, rule) if machine is None else dump(machine))
        self._dirty.clear()
        return found

    def rows(self) -> list[StateRow]:
        """Everything remembered."""
        return [dump(machine) for machines in self._machines.values() for machine in machines.values()]

    def memory(self) -> dict[int, tuple[int, float, int]]:
        """The newest reading of each series, as the store keeps it too."""
        columns = self._columns
        return {
            number: (int(columns.last[number]), float(columns.value[number]), int(columns.quality[number]))
            for number in np.flatnonzero(columns.last != NEVER).tolist()
        }

"""From a definition to plans: one per series in scope, with every number resolved and every test a
function.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from minfang.supervision.rules.comparisons import Predicate, always, lasting, never, over, predicate, said
from minfang.supervision.rules.definition import (
    Bound,
    Change,
    Comparing,
    DesignValue,
    Frequent,
    LevelRule,
    OverrideLevel,
    RuleDefinition,
    Several,
    Silent,
    Together,
)
from minfang.supervision.rules.facts import Facts, SeriesFacts
from minfang.supervision.rules.schedule import DAY_US, US, LiveTimes, day_start
from minfang.supervision.rules.scoping import InScope, override_for, overrides_by_target
from minfang.supervision.telemetry import metrics

Frequencies = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class TestPlan:
    """One test with its numbers; times in µs. ``low``/``high``: between them nothing can become true."""

    level: int
    kind: str
    truth: Predicate
    cleared: Predicate
    hold: int = 0
    clear_hold: int = 0
    threshold: float | None = None
    clear: float | None = None
    words: str = ""
    low: float = -inf
    high: float = inf
    times: int = 0
    span: int = 0
    crossings: bool = False
    in_a_row: bool = False
    direction: str = ""
    peers: tuple[Any, ...] = ()
    at_least: int = 0
    fresh: int = 0


@dataclass(frozen=True, slots=True)
class PeerWatch:
    """Series ``series`` makes the neighbourhood ``key`` true while ``truth`` of its value."""

    key: tuple[Any, ...]
    series: int
    truth: Predicate
    low: float
    high: float


@dataclass(slots=True)
class Compiled:
    """One version of a rule ready to run. ``live`` is the version in force; ``off`` a rule switched off."""

    rule_id: int
    version_id: int
    code: str
    name: str
    category: str
    definition: RuleDefinition
    times: LiveTimes
    live: bool = True
    off: bool = False
    plans: dict[int, "Plan"] = field(default_factory=dict)
    watches: list[PeerWatch] = field(default_factory=list)
    dependents: dict[tuple[Any, ...], list[int]] = field(default_factory=dict)
    unresolved: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """A rule on one series."""

    compiled: Compiled
    facts: SeriesFacts
    tests: tuple[TestPlan, ...]
    max_gap: int | None
    silent_after: int | None
    op_states: frozenset[str]
    valid: tuple[int, int]
    repeat: int | None
    dedupe: int
    silence_clear: int | None
    worst_quality: int
    always: bool

    @property
    def rule_id(self) -> int:
        """The rule it belongs to."""
        return self.compiled.rule_id


def compile_rule(
    identity: tuple[int, int, str, str, str],
    definition: RuleDefinition,
    facts: Facts,
    frequencies: Frequencies,
    *,
    live: bool = True,
    off: bool = False,
) -> Compiled:
    """A version (rule id, version id, code, name, category) compiled for the devices that are known."""
    times = LiveTimes(definition.schedule, facts.calendar)
    compiled = Compiled(*identity, definition, times, live=live, off=off)
    builder = _Builder(compiled, definition, facts, frequencies)
    belongs = InScope(definition.scope)
    for row in facts.of_metric(definition.metric):
        if belongs(row):
            builder.add(row)
    return compiled


class _Builder:
    """Makes the plans of one rule; plans whose numbers are equal share their tests."""

    def __init__(
        self, compiled: Compiled, definition: RuleDefinition, facts: Facts, frequencies: Frequencies
    ) -> None:
        self.compiled, self.definition, self.facts = compiled, definition, facts
        self.frequencies = frequencies
        self.metric = metrics.get(definition.metric)
        self.overrides = overrides_by_target(definition)
        self.shared: dict[tuple[int, int], TestPlan | None] = {}
        self.own = {
            (level.level, place)
            for level in definition.levels
            for place, test in enumerate(level.when)
            if _depends_on_device(test)
        }
        self.watched: set[tuple[Any, ...]] = set()

    def add(self, row: SeriesFacts) -> None:
        """The plan of one series, unless the rule is off there or no number of it is known."""
        off, changed = override_for(self.overrides, row)
        if off:
            return
        tests = [
            plan for level in self.definition.levels for plan in self._level(level, changed, row) if plan
        ]
        if tests:
            self.compiled.plans[row.series] = self._plan(row, tuple(tests))

    def _plan(self, row: SeriesFacts, tests: tuple[TestPlan, ...]) -> Plan:
        rule = self.definition
        event = self.metric.kind == "event"
        silent = [test.span for test in tests if test.kind == "silent"]
        start = day_start(rule.valid_from) if rule.valid_from else -(2**62)
        end = day_start(rule.valid_to) + DAY_US if rule.valid_to else 2**62
        return Plan(
            compiled=self.compiled,
            facts=row,
            tests=tests,
            max_gap=None if event or silent else max(self.metric.max_gap, 3 * row.period) * US,
            silent_after=min(silent) if silent else None,
            op_states=frozenset(rule.op_states),
            valid=(start, end),
            repeat=rule.repeat_minutes * 60 * US if rule.repeat_minutes else None,
            dedupe=0 if rule.dedupe.kind == "NONE" else rule.dedupe.minutes * 60 * US,
            silence_clear=rule.silence_clear_seconds * US if rule.silence_clear_seconds else None,
            worst_quality=2 if rule.trust_doubtful else 1,
            always=any(test.kind == "change" for test in tests),
        )

    def _level(
        self, level: LevelRule, changed: dict[int, OverrideLevel], row: SeriesFacts
    ) -> Iterable[TestPlan | None]:
        for place, test in enumerate(level.when):
            other = changed.get(level.level) if place == 0 else None
            if other is not None or (level.level, place) in self.own:
                yield self._test(level.level, place, _changed(test, other), row)
                continue
            if (level.level, place) not in self.shared:
                self.shared[level.level, place] = self._test(level.level, place, test, row)
            yield self.shared[level.level, place]

    def _number(self, bound: Bound | None, row: SeriesFacts, level: int) -> float | None:
        if not isinstance(bound, DesignValue):
            return bound
        known = row.design.get(bound.design)
        if isinstance(known, bool) or not isinstance(known, int | float):
            known = bound.fallback
        if known is None:
            self.compiled.unresolved.append((row.series, level, bound.design))
            return None
        return float(known) * bound.factor + bound.plus

    def _test(self, level: int, place: int, test: Any, row: SeriesFacts) -> TestPlan | None:
        if isinstance(test, Silent):
            span = int(test.periods * max(row.period, 1) * US)
            words = f"{span // US // 60} 分钟没有数据"
            return TestPlan(level, "silent", never, never, span=span, words=words)
        if isinstance(test, Change):
            return self._change(level, test, row)
        value = self._number(test.value, row, level)
        if value is None:
            return None
        upper, clear = self._number(test.upper, row, level), self._number(test.clear, row, level)
        truth, low, high = predicate(test.op, value, upper)
        shared = {
            "hold": test.hold_seconds * US,
            "clear_hold": test.clear_hold_seconds * US,
            "threshold": value,
            "clear": clear,
            "words": said(self.metric, test.op, value, upper),
            "low": low,
            "high": high,
        }
        cleared = over(test.op, truth, clear)
        special = self._special(level, place, test, truth, row)
        return (
            TestPlan(level, test.kind, truth, cleared, **shared, **special) if special is not None else None
        )

    def _special(
        self, level: int, place: int, test: Comparing, truth: Predicate, row: SeriesFacts
    ) -> dict[str, Any] | None:
        if isinstance(test, Frequent):
            times, seconds = self._frequency(test)
            return {
                "times": times,
                "span": seconds * US,
                "crossings": test.each == "crossing",
                "in_a_row": test.in_a_row,
            }
        if isinstance(test, Together | Several):
            return self._neighbours(level, place, test, truth, row)
        return {}

    def _frequency(self, test: Frequent) -> tuple[int, int]:
        if test.frequency is not None:
            return self.frequencies[test.frequency]
        assert test.times is not None
        assert test.span_seconds is not None
        return test.times, test.span_seconds

    def _change(self, level: int, test: Change, row: SeriesFacts) -> TestPlan | None:
        by = self._number(test.by, row, level)
        if by is None:
            return None
        way = {"up": "升", "down": "降", "either": "变"}[test.direction]
        words = f"{lasting(test.span_seconds)}内{way}幅达到 {by:g} {self.metric.unit}".rstrip()
        return TestPlan(
            level,
            "change",
            never,
            always,
            hold=test.hold_seconds * US,
            clear_hold=test.clear_hold_seconds * US,
            threshold=by,
            words=words,
            span=test.span_seconds * US,
            direction=test.direction,
        )

    def _neighbours(
        self, level: int, place: int, test: Together | Several, own: Predicate, row: SeriesFacts
    ) -> dict[str, Any] | None:
        kind = test.place if isinstance(test, Several) else test.other.place
        where = row.place_key(kind)
        if where is None:
            self.compiled.unresolved.append((row.series, level, kind.value))
            return None
        name = self.metric.code if isinstance(test, Several) else test.other.metric
        key = (self.compiled.rule_id, self.compiled.version_id, level, place, name, *where)
        if key not in self.watched:
            self.watched.add(key)
            for peer in self.facts.of_metric(name):
                if peer.place_key(kind) == where:
                    self._watch(key, test, peer, level)
        self.compiled.dependents.setdefault(key, []).append(row.series)
        fresh = (test.fresh_seconds if isinstance(test, Several) else test.other.fresh_seconds) * US
        return {
            "peers": key,
            "fresh": fresh,
            "at_least": test.at_least if isinstance(test, Several) else 1,
        }

    def _watch(self, key: tuple[Any, ...], test: Together | Several, peer: SeriesFacts, level: int) -> None:
        source: Any = test if isinstance(test, Several) else test.other
        value = self._number(source.value, peer, level)
        if value is not None:
            truth, low, high = predicate(source.op, value, self._number(source.upper, peer, level))
            self.compiled.watches.append(PeerWatch(key, peer.series, truth, low, high))


def _depends_on_device(test: Any) -> bool:
    bounds = (getattr(test, name, None) for name in ("value", "upper", "clear", "by"))
    return isinstance(test, Silent | Together | Several) or any(isinstance(b, DesignValue) for b in bounds)


def _changed(test: Any, other: OverrideLevel | None) -> Any:
    if other is None:
        return test
    wanted = other.model_dump(exclude={"level"}, exclude_none=True)
    if isinstance(test, Change) and "value" in wanted:
        wanted["by"] = wanted.pop("value")
    return test.model_copy(update={k: v for k, v in wanted.items() if k in type(test).model_fields})

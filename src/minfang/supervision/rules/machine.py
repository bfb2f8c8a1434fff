"""The state machine of one rule on one series: event time only, the same whatever the batches.

Readings must come in order of time. Between them things may come due (a hold runs out, a window opens);
``advance`` lets these happen at their own instants before a reading is looked at, so a timer that runs
early or late, or never, changes nothing. A hold needs readings without a gap: nothing becomes true past the
last reading plus ``max_gap``.
"""

from collections.abc import Callable, Iterable
from typing import Any

from minfang.supervision.rules import words
from minfang.supervision.rules.memory import TestState, World
from minfang.supervision.rules.plans import Plan, TestPlan
from minfang.supervision.rules.signals import HeldReason, Signal, SignalKind

PROOF = 12
PARTS = 60
Emit = Callable[[Signal], None]

KEPT = (
    "seen",
    "value",
    "raised",
    "push",
    "push_level",
    "episode",
    "episode_at",
    "bad",
    "backfill",
    "hot",
    "alive",
)


class Machine:
    """One rule on one series. ``raised`` is the level of the open alarm, ``push`` when it was last told."""

    __slots__ = (*KEPT, "due", "episodes", "held", "plan", "proof", "tests", "world")

    def __init__(self, plan: Plan, world: World) -> None:
        self.plan, self.world = plan, world
        self.tests = [TestState() for _ in plan.tests]
        self.seen: int | None = None
        self.alive: int | None = None
        self.value: float | None = None
        self.raised: int | None = None
        self.push: int | None = None
        self.push_level: int | None = None
        self.episode = False
        self.episode_at: int | None = None
        self.bad = False
        self.backfill = False
        self.hot: int | None = None
        self.held: list[list[Any]] = []
        self.episodes: list[int] = []
        self.proof: list[tuple[int, float]] = []
        self.due: int | None = None

    # -- what comes in

    def read(self, ts: int, value: float, quality: int, backfill: bool, emit: Emit) -> None:
        """A reading newer than all before."""
        self.advance(ts, emit)
        if quality > self.plan.worst_quality:
            self._doubt(ts, value, emit)
            return
        gap = self._gap(ts)
        self.bad, self.backfill, self.value = False, backfill, value
        for plan, state in zip(self.plan.tests, self.tests, strict=True):
            self._take(plan, state, ts, value, gap)
        self.seen = ts
        if any(state.base for state in self.tests):
            self.hot = ts
            if self.raised is None or len(self.proof) < PROOF:
                self.proof = [*self.proof[1 - PROOF :], (ts, value)]
        self.settle(ts, emit)

    def heard(self, last: int, value: float) -> None:
        """Readings passed by unwatched while a rule on silence was at rest; ``last`` is the newest."""
        if self.alive is None or last > self.alive:
            self.alive = self.seen = last
            self.value = value
            self.due = self._next_due(last)

    def spoken(self, ts: int, value: float, emit: Emit) -> None:
        """Any sign of life, for rules on silence; one that was sent belatedly ends it like any other."""
        self.advance(ts, emit)
        self.alive, self.seen, self.value = ts, ts, value
        self.settle(ts, emit)

    def poke(self, ts: int, emit: Emit) -> None:
        """A neighbour changed."""
        self.advance(ts, emit)
        self.settle(ts, emit)

    def advance(self, ts: int, emit: Emit) -> None:
        """Let happen what came due before ``ts``."""
        while self.due is not None and self.due < ts:
            self.settle(self.due, emit)

    def _gap(self, ts: int) -> bool:
        limit = self.plan.max_gap
        return limit is not None and self.seen is not None and ts - self.seen > limit

    def _fresh(self, ts: int) -> bool:
        """Whether the last reading may still be taken for the present value."""
        limit = self.plan.max_gap
        return limit is None or (self.seen is not None and ts - self.seen <= limit)

    def _take(self, plan: TestPlan, state: TestState, ts: int, value: float, gap: bool) -> None:
        if gap:
            state.over_since = None
            if not state.on:
                state.since, state.n = None, 0
            if plan.in_a_row:
                state.marks = []
        before = state.base and not gap
        state.base, state.beyond = plan.truth(value), plan.cleared(value)
        if plan.kind == "frequent":
            if state.base and not (plan.crossings and before):
                state.marks = [*state.marks, ts][-plan.times :]
            elif not state.base and plan.in_a_row:
                state.marks = []
        elif plan.kind == "change":
            state.base = self._moved(plan, state, ts, value)
            state.beyond = not state.base
        if state.base and not state.on:
            state.n += 1

    @staticmethod
    def _moved(plan: TestPlan, state: TestState, ts: int, value: float) -> bool:
        """Least and greatest of each sixtieth of the span; the oldest part that still counts is whole."""
        part = ts // max(plan.span // PARTS, 1)
        state.parts = [kept for kept in state.parts if kept[0] >= part - PARTS]
        if state.parts and state.parts[-1][0] == part:
            last = state.parts[-1]
            state.parts[-1] = [part, min(last[1], value), max(last[2], value)]
        else:
            state.parts.append([part, value, value])
        up = value - min(kept[1] for kept in state.parts)
        down = max(kept[2] for kept in state.parts) - value
        moved = {"up": up, "down": down, "either": max(up, down)}[plan.direction]
        assert plan.threshold is not None
        return moved >= plan.threshold

    # -- what follows from it at an instant

    def settle(self, ts: int, emit: Emit) -> None:
        """Draw every conclusion that holds at ``ts``."""
        for plan, state in zip(self.plan.tests, self.tests, strict=True):
            self._latch(plan, state, ts)
        self._fall_silent(ts)
        self._judge(ts, emit)
        self.due = self._next_due(ts)

    def _raw(self, plan: TestPlan, state: TestState, ts: int) -> bool:
        if plan.kind == "frequent":
            return len(state.marks) == plan.times and state.marks[0] > ts - plan.span
        if plan.kind == "silent":
            quiet_since = self._quiet_since(state)
            return quiet_since is not None and ts - quiet_since >= plan.span
        if plan.peers and state.base:
            since = self.world.neighbours.true_since(plan.peers)
            return sum(ts - last < plan.fresh for last in since.values()) >= plan.at_least
        return state.base

    def _quiet_since(self, state: TestState) -> int | None:
        """From when silence counts: nobody can fall silent before he was listened to; who has, stays so."""
        if self.alive is None or state.on:
            return self.alive
        return max(self.alive, self.world.listening)

    def _latch(self, plan: TestPlan, state: TestState, ts: int) -> None:
        state.raw = self._raw(plan, state, ts)
        if state.raw:
            state.since = ts if state.since is None else state.since
            state.over_since = None
            if not state.on and ts - state.since >= plan.hold and self._fresh(ts):
                state.on = True
            return
        state.since = None
        if not state.on:
            state.n = 0 if not state.base else state.n
            return
        if state.beyond or plan.kind in ("frequent", "silent") or plan.peers:
            state.over_since = ts if state.over_since is None else state.over_since
            if ts - state.over_since >= plan.clear_hold and self._fresh(ts):
                state.on, state.over_since, state.n = False, None, 0
        else:
            state.over_since = None

    def _fall_silent(self, ts: int) -> None:
        limit = self.plan.silence_clear
        if limit is None or self.hot is None or ts - self.hot < limit:
            return
        for state in self.tests:
            state.base = state.raw = state.on = False
            state.since = state.over_since = None
            state.n = 0

    # -- what is said

    def level(self) -> int | None:
        """The gravest level whose test is fulfilled."""
        return min((p.level for p, s in zip(self.plan.tests, self.tests, strict=True) if s.on), default=None)

    def _judge(self, ts: int, emit: Emit) -> None:
        level = self.level()
        if level is None:
            self._rest(ts, emit)
            return
        if not self.episode:
            self.episode, self.episode_at, self.held = True, ts, []
            self._count(ts)
        if self.raised is None or level < self.raised:
            self._try(ts, level, emit)
        elif self._repeats(ts):
            self._say(SignalKind.REPEAT, ts, self.raised, emit)
            self.push = ts

    def _rest(self, ts: int, emit: Emit) -> None:
        if self.raised is not None:
            self._say(SignalKind.CLEAR, ts, self.raised, emit)
        self.raised, self.episode, self.episode_at, self.held = None, False, None, []
        if not any(state.base for state in self.tests):
            self.proof = []

    def _count(self, ts: int) -> None:
        rule = self.plan.compiled.definition.dedupe
        if rule.kind == "COUNT":
            kept = [at for at in self.episodes if at > ts - self.plan.dedupe]
            self.episodes = [ts] if len(kept) >= rule.times else [*kept, ts]

    def _try(self, ts: int, level: int, emit: Emit) -> None:
        if self.plan.compiled.off:
            return
        reason = self.why_held(ts, level)
        if reason is None:
            self._say(SignalKind.RAISE if self.raised is None else SignalKind.RISE, ts, level, emit)
            self.raised, self.push, self.push_level = level, ts, level
        elif [reason.value, level] not in self.held:
            self.held = [*self.held, [reason.value, level]]
            self._say(SignalKind.HELD_BACK, ts, level, emit, reason)

    def why_held(self, ts: int, level: int) -> HeldReason | None:
        """Why this level may not be raised at this instant; ``None`` if it may."""
        plan = self.plan
        if self.backfill:
            return HeldReason.BACKFILL
        if not plan.valid[0] <= ts < plan.valid[1]:
            return HeldReason.VALIDITY
        if not plan.compiled.times.is_live(ts):
            return HeldReason.SCHEDULE
        if self.world.readiness.at(plan.facts.works_id, ts) not in plan.op_states:
            return HeldReason.OP_STATE
        return self._duplicate(ts, level) if self.raised is None else None

    def _duplicate(self, ts: int, level: int) -> HeldReason | None:
        rule = self.plan.compiled.definition.dedupe
        if rule.kind == "COUNT":
            fires = len(self.episodes) == (1 if rule.first else rule.times)
            return None if fires else HeldReason.COUNT
        if self.push is None or self.push_level is None or level < self.push_level:
            return None
        return HeldReason.DEDUPE if ts - self.push < self.plan.dedupe else None

    def _repeats(self, ts: int) -> bool:
        plan = self.plan
        if plan.repeat is None or self.push is None or ts - self.push < plan.repeat or plan.compiled.off:
            return False
        return self._fresh(ts) and not self.backfill and self._open(ts)

    def _open(self, ts: int) -> bool:
        plan = self.plan
        live = plan.valid[0] <= ts < plan.valid[1] and plan.compiled.times.is_live(ts)
        return live and self.world.readiness.at(plan.facts.works_id, ts) in plan.op_states

    def _doubt(self, ts: int, value: float, emit: Emit) -> None:
        """A reading that is not trusted moves nothing; that it would have raised is said once."""
        level = min(
            (p.level for p in self.plan.tests if p.kind == "compare" and p.truth(value)), default=None
        )
        if level is None or self.bad or self.raised is not None or self.plan.compiled.off:
            return
        self.bad = True
        emit(words.doubted(self, ts, value, level))

    def _say(
        self, kind: SignalKind, ts: int, level: int, emit: Emit, reason: HeldReason | None = None
    ) -> None:
        emit(words.signal(self, kind, ts, level, reason))

    # -- when something happens by itself

    def _next_due(self, ts: int) -> int | None:
        moments = [*self._test_moments(ts), *self._gate_moments(ts)]
        if not self.busy:
            moments += self._memory_ends()
        return min((at for at in moments if at is not None and at > ts), default=None)

    def _reach(self, at: int) -> int | None:
        """``at``, unless it lies beyond what the last reading can vouch for."""
        return at if self._fresh(at) else None

    def _test_moments(self, ts: int) -> Iterable[int | None]:
        for plan, state in zip(self.plan.tests, self.tests, strict=True):
            if state.raw and not state.on and state.since is not None:
                yield self._reach(state.since + plan.hold)
            if state.on and state.over_since is not None:
                yield self._reach(state.over_since + plan.clear_hold)
            if plan.kind == "frequent" and state.raw:
                yield state.marks[0] + plan.span
            if plan.kind == "silent" and not state.on and (quiet := self._quiet_since(state)) is not None:
                yield quiet + plan.span
            if plan.peers and state.base:
                for last in self.world.neighbours.true_since(plan.peers).values():
                    yield last + plan.fresh if last + plan.fresh > ts else None
        if self.plan.silence_clear and self.hot is not None and self.busy:
            yield self.hot + self.plan.silence_clear

    def _gate_moments(self, ts: int) -> Iterable[int | None]:
        level = self.level()
        if level is None:
            return
        waits = self.raised is None or level < self.raised
        if waits and self.push is not None:
            yield self.push + self.plan.dedupe
        if not waits and self.plan.repeat and self.push is not None:
            yield self._reach(self.push + self.plan.repeat)
        if waits or self.plan.repeat:
            yield self.plan.compiled.times.next_change(ts)
            yield self.world.readiness.next_change(self.plan.facts.works_id, ts)
            yield self.plan.valid[0]

    def _memory_ends(self) -> Iterable[int]:
        if self.push is not None:
            yield self.push + self.plan.dedupe
        for plan, state in zip(self.plan.tests, self.tests, strict=True):
            if state.marks:
                yield state.marks[-1] + plan.span
        if self.episodes:
            yield self.episodes[-1] + self.plan.dedupe

    # -- whether it must be kept

    def renew(self, plan: Plan) -> None:
        """Go over to another version; only what merging repeated alarms needs is kept."""
        self.plan = plan
        self.tests = [TestState() for _ in plan.tests]
        self.due = min(self._memory_ends(), default=None)

    @property
    def busy(self) -> bool:
        """Whether an ordinary reading could change anything."""
        if self.raised is not None or self.episode or self.bad or self.plan.always:
            return True
        return any(
            s.base or s.on or s.raw or (p.in_a_row and bool(s.marks))
            for p, s in zip(self.plan.tests, self.tests, strict=True)
        )

    def forgettable(self, ts: int) -> bool:
        """Whether nothing remembered can matter any more."""
        return not self.busy and all(end <= ts for end in self._memory_ends())

    def steady(self) -> tuple[Any, ...]:
        """What has to be written down when it changes; the newest reading is kept elsewhere.

        Only ``parts`` is ever changed in place; the other lists are new ones when they change.
        """
        states = [
            (s.base, s.raw, s.beyond, s.since, s.n, s.on, s.over_since, s.marks, s.parts and list(s.parts))
            for s in self.tests
        ]
        hot = self.hot if self.plan.silence_clear else None
        rest = (self.raised, self.push, self.episode, self.bad, self.backfill, hot, len(self.held))
        return (states, rest, self.proof, self.episodes, self.due)

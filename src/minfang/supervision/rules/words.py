"""Signals in words: the message by its template, and the steps of the chain with their figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minfang.supervision.rules import template
from minfang.supervision.rules.comparisons import lasting
from minfang.supervision.rules.definition import LEVEL_NAMES, LEVEL_WEIGHTS, DayKind, Schedule
from minfang.supervision.rules.plans import TestPlan
from minfang.supervision.rules.schedule import US, instant
from minfang.supervision.rules.signals import HeldReason, Signal, SignalKind, Step
from minfang.supervision.telemetry import metrics

if TYPE_CHECKING:
    from minfang.supervision.rules.machine import Machine
    from minfang.supervision.rules.memory import TestState

READINESS = {"PEACE": "平时阶段", "TRANSITION": "平急转换阶段", "EMERGENCY": "应急阶段"}
DAYS = {DayKind.EVERYDAY: "每天", DayKind.WORKDAY: "工作日", DayKind.NON_WORKDAY: "非工作日"}


def minutes(value: int) -> str:
    """Minutes of a day as a clock shows them."""
    return f"{value // 60:02d}:{value % 60:02d}"


def hours(schedule: Schedule) -> str:
    """A schedule in words: 工作日 09:00–17:30."""
    spans = "、".join(
        f"{minutes(w.start)}–{'次日 ' if w.end <= w.start else ''}{minutes(w.end)}" for w in schedule.windows
    )
    return f"{DAYS[schedule.days]} {spans}"


def clock(ts: int) -> str:
    """An instant as people say it."""
    return f"{instant(ts):%m-%d %H:%M}"


def level_name(level: int) -> str:
    """红色（重大）."""
    return f"{LEVEL_NAMES[level]}（{LEVEL_WEIGHTS[level]}）"


def _decisive(machine: Machine, level: int) -> tuple[TestPlan, TestState]:
    pairs = list(zip(machine.plan.tests, machine.tests, strict=True))
    chosen = [pair for pair in pairs if pair[0].level == level and pair[1].on]
    return (chosen or [pair for pair in pairs if pair[0].level == level] or pairs)[0]


def signal(
    machine: Machine, kind: SignalKind, ts: int, level: int, reason: HeldReason | None = None
) -> Signal:
    """What a machine says at an instant."""
    test, state = _decisive(machine, level)
    return _signal(
        machine, kind, ts, level, machine.value, test, _steps(machine, kind, ts, test, state, reason), reason
    )


def doubted(machine: Machine, ts: int, value: float, level: int) -> Signal:
    """A reading beyond a threshold that is not believed."""
    test, _ = _decisive(machine, level)
    steps = (
        Step("QUALITY", False, "读数质量可疑或坏，不作为报警依据"),
        Step("THRESHOLD", True, f"{_say(machine, value)}，{test.words}"),
    )
    return _signal(machine, SignalKind.HELD_BACK, ts, level, value, test, steps, HeldReason.QUALITY)


def _signal(
    machine: Machine,
    kind: SignalKind,
    ts: int,
    level: int,
    value: float | None,
    test: TestPlan,
    steps: tuple[Step, ...],
    reason: HeldReason | None,
) -> Signal:
    compiled = machine.plan.compiled
    return Signal(
        kind=kind,
        rule_id=compiled.rule_id,
        version_id=compiled.version_id,
        series_id=machine.plan.facts.series,
        level=level,
        at=ts,
        value=value,
        threshold=test.threshold,
        readings=tuple(machine.proof),
        steps=steps,
        message=message(machine, ts, level, value, test),
        reason=reason,
    )


def _say(machine: Machine, value: float | None) -> str:
    return "无读数" if value is None else metrics.get(machine.plan.facts.metric).say(value)


def message(machine: Machine, ts: int, level: int, value: float | None, test: TestPlan) -> str:
    """The rule's message filled in."""
    facts = machine.plan.facts
    metric = metrics.get(facts.metric)
    number = "" if value is None else (metric.say(value) if metric.words else f"{value:g}")
    return template.fill(
        machine.plan.compiled.definition.message,
        {
            "works": facts.works,
            "unit": facts.unit,
            "room": facts.room,
            "place": facts.place,
            "sensor": facts.device,
            "metric": metric.name,
            "value": number,
            "unit_name": metric.unit,
            "threshold": "" if test.threshold is None else f"{test.threshold:g}",
            "level": LEVEL_NAMES[level],
            "hold": lasting(test.hold // US) if test.hold else "",
            "time": f"{instant(ts):%Y-%m-%d %H:%M}",
        },
    )


def _steps(
    machine: Machine,
    kind: SignalKind,
    ts: int,
    test: TestPlan,
    state: TestState,
    reason: HeldReason | None,
) -> tuple[Step, ...]:
    if kind is SignalKind.CLEAR:
        return (Step("CLEAR", True, _cleared(machine, ts, test)),)
    plan, compiled = machine.plan, machine.plan.compiled
    readiness = READINESS.get(machine.world.readiness.at(plan.facts.works_id, ts), "")
    quality = "补录数据，只留痕不推送" if reason is HeldReason.BACKFILL else "读数质量好，非补录"
    steps = [
        Step("QUALITY", reason is not HeldReason.BACKFILL, quality),
        Step("SCHEDULE", reason is not HeldReason.SCHEDULE, hours(compiled.definition.schedule)),
        Step("OP_STATE", reason is not HeldReason.OP_STATE, f"工程处于{readiness}"),
        Step("THRESHOLD", True, _beyond(machine, ts, test, state)),
        Step("HOLD", True, _held(ts, test, state)),
    ]
    if reason is HeldReason.VALIDITY:
        steps.insert(1, Step("VALIDITY", False, "不在规则生效期内"))
    repeated = reason in (HeldReason.DEDUPE, HeldReason.COUNT)
    return (*steps, Step("DEDUPE", not repeated, _dedupe(machine, kind, repeated)))


def _cleared(machine: Machine, ts: int, test: TestPlan) -> str:
    if test.kind == "silent":
        return f"{clock(ts)} 恢复上报"
    if (
        machine.plan.silence_clear
        and machine.hot is not None
        and ts - machine.hot >= machine.plan.silence_clear
    ):
        return f"{lasting(machine.plan.silence_clear // US)}内没有再发生"
    back = "" if test.clear is None else f"，回到解除值 {test.clear:g}"
    return f"{clock(ts)} {_say(machine, machine.value)}{back}，条件消失"


def _beyond(machine: Machine, ts: int, test: TestPlan, state: TestState) -> str:
    if test.kind == "silent":
        return f"最后一次上报 {clock(machine.alive or ts)}，{test.words}"
    text = f"{_say(machine, machine.value)}，{test.words}"
    if test.kind == "frequent":
        text += f"，{lasting(test.span // US)}内第 {len(state.marks)} 次"
    if test.peers:
        fresh = sum(
            ts - last < test.fresh for last in machine.world.neighbours.true_since(test.peers).values()
        )
        text += f"，同处 {fresh} 点同时成立" if test.kind == "several" else "，同处另一类传感器同时成立"
    return text


def _held(ts: int, test: TestPlan, state: TestState) -> str:
    if not test.hold or state.since is None:
        return "无需持续"
    return f"自 {clock(state.since)} 起连续 {max(state.n, 1)} 个采样 ≥ {lasting(test.hold // US)}"


def _dedupe(machine: Machine, kind: SignalKind, repeated: bool) -> str:
    rule = machine.plan.compiled.definition.dedupe
    if kind is SignalKind.RISE:
        return "级别上升，立即推送"
    if kind is SignalKind.REPEAT:
        return f"仍未解除，每 {machine.plan.compiled.definition.repeat_minutes} 分钟提醒"
    if rule.kind == "NONE":
        return "不去重"
    if rule.kind == "COUNT":
        return f"{rule.minutes} 分钟内第 {len(machine.episodes)} 次（每 {rule.times} 次推一次）"
    if repeated:
        return f"{clock(machine.push or 0)} 已推送同级预警，{rule.minutes} 分钟内合并"
    return f"{rule.minutes} 分钟内无同级同设备预警"

"""What a definition would do before it is published: devices, message on a real one, live minutes."""

from datetime import timedelta
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.registry.models import Device
from minfang.supervision.rules import checking, handling, loading, sentence, words
from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.facts import Facts
from minfang.supervision.rules.machine import Machine
from minfang.supervision.rules.memory import World
from minfang.supervision.rules.plans import Compiled, compile_rule
from minfang.supervision.rules.schedule import DAY_US, EAST_US, LiveTimes, day_start, micros
from minfang.supervision.telemetry import metrics

DAYS = 14
MINUTE = 60_000_000


class _Nobody:
    """No neighbours are true."""

    def true_since(self, key: Any) -> dict[int, int]:
        """Nothing."""
        return {}


def preview(access: Access, data: Any, device_no: str = "") -> dict[str, Any]:
    """Everything the editor shows beside the sentence; refuses with every wrong word."""
    rule = checking.parse(data)
    faults = checking.meaning_faults(rule)
    lines = sentence.lines(rule) if rule.metric in metrics.catalogue() else []
    shown: dict[str, Any] = {
        "faults": [vars(fault) for fault in faults],
        "lines": [{"key": key, "label": label, "text": text} for key, label, text in lines],
        "days": live_days(rule),
        "devices": 0,
        "unresolved": [],
        "sample": None,
    }
    if not any(fault.path in ("metric",) or fault.path.endswith("frequency") for fault in faults):
        known = loading.facts(metric=None if _needs_others(rule) else rule.metric)
        compiled = compile_rule((0, 0, "", "", ""), rule, known, loading.frequencies())
        shown |= _devices(access, compiled, known, device_no)
    return shown


def _needs_others(rule: RuleDefinition) -> bool:
    return any(test.kind == "together" for level in rule.levels for test in level.when)


def _devices(access: Access, compiled: Compiled, known: Facts, device_no: str) -> dict[str, Any]:
    rows = Device.objects.visible_to(access, "iot.read").filter(sensor_type__isnull=False)
    seen = set(rows.values_list("device_no", flat=True))
    plans = [plan for plan in compiled.plans.values() if plan.facts.device_no in seen]
    lost = sorted({known.series[number].device_no for number, _, _ in compiled.unresolved})
    found: dict[str, Any] = {
        "devices": len(plans),
        "unresolved": [number for number in lost if number in seen][:20],
        "choices": [
            {"device_no": plan.facts.device_no, "name": plan.facts.device, "place": plan.facts.place}
            for plan in plans[:50]
        ],
    }
    chosen = next((plan for plan in plans if plan.facts.device_no == device_no), None)
    chosen = chosen or next((plan for plan in plans if plan.facts.series in known.memory), None)
    if plans and (chosen := chosen or plans[0]):
        found["sample"] = _sample(Machine(chosen, World(_Nobody(), known.readiness)), known)
    return found


def _sample(machine: Machine, known: Facts) -> dict[str, Any]:
    plan = machine.plan
    metric = metrics.get(plan.facts.metric)
    ts, value, _ = known.memory.get(plan.facts.series, (micros(clock.now()), None, 0))
    test = plan.tests[0]
    definition = checking.plain(plan.compiled.definition)
    return {
        "reach": handling.reach(definition, plan.facts.works_id),
        "device_no": plan.facts.device_no,
        "device": plan.facts.device,
        "place": plan.facts.place,
        "value": "还没有数据" if value is None else metric.say(value),
        "message": words.message(machine, ts, test.level, value, test),
        "tests": [
            {
                "level": one.level,
                "words": one.words,
                "now": value is not None and one.truth(value),
            }
            for one in plan.tests
        ],
    }


def live_days(rule: RuleDefinition) -> list[dict[str, Any]]:
    """The minutes of each of the next fourteen days in which the rule is live, as the engine will see it."""
    calendar = loading.official_calendar()
    times = LiveTimes(rule.schedule, calendar)
    first = clock.today()
    found = []
    for number in range(DAYS):
        day = first + timedelta(days=number)
        start, end = day_start(day), day_start(day) + DAY_US
        low = max(start, day_start(rule.valid_from)) if rule.valid_from else start
        high = min(end, day_start(rule.valid_to) + DAY_US) if rule.valid_to else end
        spans = [] if low >= high else list(times.spans(low, high))
        found.append(
            {
                "date": day.isoformat(),
                "workday": calendar.is_workday(day),
                "provisional": calendar.is_provisional(day),
                "spans": [[_minute(a, start), _minute(b, start)] for a, b in spans],
            }
        )
    return found


def _minute(ts: int, start: int) -> int:
    return (ts - start) // MINUTE


def live_now(rule: RuleDefinition) -> bool:
    """Whether the calendar and the validity let the rule raise at this moment."""
    now = micros(clock.now())
    today = (now + EAST_US) // DAY_US * DAY_US - EAST_US
    if rule.valid_from and today < day_start(rule.valid_from):
        return False
    if rule.valid_to and today > day_start(rule.valid_to):
        return False
    return LiveTimes(rule.schedule, loading.official_calendar()).is_live(now)

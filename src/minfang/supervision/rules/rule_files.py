"""Rules as files with readings and the alarms they must give: unit tests for rules.

A file has ``[[test]]`` tables: ``name``; ``rule`` (code of a shipped rule) or ``definition`` (a table);
``start``, the instant of the first reading; ``step``, seconds between readings; ``readings``, the values,
``"-"`` where none came; ``until``, seconds after the start at which the clock stops; ``op_state``; ``design``
of the equipment; ``expect``, texts such as ``"RAISE 2 @900"``: level 2, 900 seconds after the start.
"""

import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minfang.kernel.base.clock import SHANGHAI
from minfang.kernel.workdays.calendar import Calendar
from minfang.supervision.rules import checking
from minfang.supervision.rules.actions.publishing import shipped
from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.engine import Engine
from minfang.supervision.rules.facts import Facts, SeriesFacts
from minfang.supervision.rules.plans import compile_rule
from minfang.supervision.rules.schedule import US, micros
from minfang.supervision.rules.signals import Signal
from minfang.supervision.telemetry.batches import build

ONLY = 1


@dataclass
class Result:
    """One test of a file; without faults it passed."""

    name: str
    faults: list[str] = field(default_factory=list)


def check(text: str, calendar: Calendar | None = None) -> list[Result]:
    """Run every test of a file."""
    tests = tomllib.loads(text).get("test", [])
    return [_one(test, calendar or Calendar()) for test in tests]


def _one(test: dict[str, Any], calendar: Calendar) -> Result:
    result = Result(test.get("name", "（未命名）"))
    try:
        said = [_told(signal, micros(_start(test))) for signal in _signals(test, calendar)]
    except Exception as error:
        result.faults.append(f"不能运行：{error}")
        return result
    expected = list(test.get("expect", []))
    result.faults += [f"应有而没有：{line}" for line in expected if line not in said]
    result.faults += [f"不应有：{line}" for line in said if line not in expected]
    if not result.faults and said != expected:
        result.faults.append(f"次序不同：{said}")
    return result


def _start(test: dict[str, Any]) -> datetime:
    start = test["start"]
    start = start if isinstance(start, datetime) else datetime.fromisoformat(start)
    return start if start.tzinfo else start.replace(tzinfo=SHANGHAI)


def _definition(test: dict[str, Any]) -> RuleDefinition:
    if "rule" in test:
        found = next((row["definition"] for row in shipped() if row["code"] == test["rule"]), None)
        if found is None:
            raise ValueError(f"没有系统预置的规则 {test['rule']}")
        return checking.parse(found)
    return checking.parse(test["definition"])


def _signals(test: dict[str, Any], calendar: Calendar) -> list[Signal]:
    definition = _definition(test)
    row = SeriesFacts(
        ONLY,
        definition.metric,
        1,
        "W",
        "示例工程",
        "D-1",
        "传感器",
        room_id=1,
        special=True,
        equipment_id=1,
        unit_id=1,
        design=test.get("design", {}),
        place="示例工程",
        period=test.get("step", 300),
    )
    known = Facts.of([row], calendar=calendar)
    known.readiness.begin(1, test.get("op_state", "PEACE"))
    named = {
        code: (value["times"], value["span_seconds"]) for code, value in test.get("frequencies", {}).items()
    }
    engine = Engine([compile_rule((1, 1, "", "", ""), definition, known, named)], (), known)
    first, step = micros(_start(test)), test.get("step", 300) * US
    values = [(first + n * step, value) for n, value in enumerate(test["readings"]) if value != "-"]
    times = [at for at, _ in values]
    said = engine.feed(
        build([ONLY] * len(values), times, [value for _, value in values], [0] * len(values), times)
    )
    if "until" in test:
        said += engine.due(first + test["until"] * US)
    return said


def _told(signal: Signal, start: int) -> str:
    after = (signal.at - start) / US
    reason = f" {signal.reason}" if signal.reason else ""
    return f"{signal.kind} {signal.level}{reason} @{after:g}"

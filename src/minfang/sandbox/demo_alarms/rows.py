"""One alarm of the history: the row as the product would have written it, and the rows of its life."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from minfang.kernel.iam.models import Person
from minfang.kernel.workdays.calendar import Calendar
from minfang.sandbox.demo_alarms.ramps import Proof
from minfang.supervision.alarms.actions.taking import explain, grounds, open_key
from minfang.supervision.alarms.models import Alarm, AlarmEvent, AlarmState, Level, Verdict
from minfang.supervision.alarms.policy import policy_of
from minfang.supervision.alarms.times import moment
from minfang.supervision.rules.models import AlarmRuleVersion
from minfang.supervision.telemetry.models import Series

KNOWN_AFTER = timedelta(seconds=2)
MOST_READINGS = 90
WET = (6, 7, 8, 9)


@dataclass(frozen=True)
class Doubt:
    """What people found: a verdict with its cause and measure."""

    verdict: str
    cause: str
    measure: str = ""


def alarm_of(proof: Proof, version: AlarmRuleVersion, series: Series, calendar: Calendar) -> Alarm:
    """The alarm a proof leads to, new and not yet stored. ``value`` is that of the level it reached."""
    signal = proof.last
    policy = policy_of(signal.level, version.definition)
    opened = moment(proof.first.at)
    known = moment(signal.at) + KNOWN_AFTER
    told: dict[str, Any] = explain(signal)
    told["readings"] = [[at, value] for at, value in proof.readings[-MOST_READINGS:]]
    return Alarm(
        **grounds(version, series),
        level=signal.level,
        peak_level=signal.level,
        opened_at=opened,
        raised_at=opened + KNOWN_AFTER,
        last_at=moment(signal.at),
        count=1 if proof.first is proof.last else 2,
        value=signal.value,
        last_value=signal.value,
        threshold=signal.threshold,
        message=signal.message[:500],
        explanation=told,
        confirm_due=policy.confirm_due(known, calendar),
        handle_due=policy.handle_due(known, calendar),
        tags=["汛期"] if version.rule.category == "WATER" and opened.month in WET else [],
    )


def key_of(alarm: Alarm) -> str:
    """What keeps a second alarm of the same rule and series from opening."""
    return open_key(alarm.rule_id or 0, alarm.series_id or 0)


def reached(alarm: Alarm) -> datetime:
    """When the product knew that it had come to its level."""
    return moment(int(alarm.explanation["at"])) + KNOWN_AFTER


def life(alarm: Alarm, first: int) -> list[AlarmEvent]:
    """The rows of an alarm's life but its pushes; ``first`` is the level at which it opened."""
    steps: list[tuple[str, datetime | None, str, Person | None, str]] = [
        ("OPENED", alarm.raised_at, "NEW", None, "满足规则"),
    ]
    if first != alarm.level:
        words = f"由{Level(first).label}色升为{Level(alarm.level).label}色"
        steps.append(("RISEN", reached(alarm), "NEW", None, words))
    steps.append(("CONFIRM", alarm.confirmed_at, "CONFIRMED", alarm.confirmed_by, "确认"))
    note = f"派单给{alarm.dispatched_to or '管理单位'}"
    steps.append(("DISPATCH", alarm.dispatched_at, "DISPATCHED", alarm.confirmed_by, note))
    steps.append(("START", alarm.started_at, "PROCESSING", alarm.dispatched_to, "到场处置"))
    if alarm.verdict:
        note = f"{Verdict(alarm.verdict).label}：{alarm.cause}"
        after = "RESOLVED" if alarm.verdict == Verdict.REAL_FIXED else alarm.state
        steps.append(("HANDLE", alarm.resolved_at, after, alarm.handled_by, note))
    if alarm.state == AlarmState.CLOSED:
        steps.append(("CLOSE", alarm.closed_at, "CLOSED", alarm.confirmed_by, "复核通过，闭环"))
    rows, before = [], ""
    for kind, at, after, person, note in steps:
        if at is None:
            continue
        rows.append(
            AlarmEvent(
                alarm=alarm,
                kind=kind,
                at=at,
                person=person,
                state_before=before,
                state_after=after,
                level=first if kind == "OPENED" else alarm.level,
                note=note,
            )
        )
        before = after
    return rows

"""Who was told of the open alarms, by the product's own policy and directory; nothing leaves the product."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from minfang.kernel.workdays.calendar import Calendar
from minfang.sandbox.demo_alarms.rows import reached
from minfang.supervision.alarms.models import (
    Alarm,
    AlarmEvent,
    AlarmPush,
    AlarmState,
    Escalation,
    PushState,
    Target,
)
from minfang.supervision.alarms.policy import CONFIRM, Policy, later, policy_of
from minfang.supervision.alarms.routing import PLATFORMS, Directory

NAMES = dict(Target.choices)
ANSWERED = timedelta(seconds=4)
RISEN_PUSH, FIRST_PUSH = "RISE", "FIRST"


@dataclass
class Teller:
    """Pushes, their line in the life, and who would have heard next."""

    now: datetime
    calendar: Calendar
    directory: Directory = field(default_factory=Directory)
    pushes: list[AlarmPush] = field(default_factory=list)
    events: list[AlarmEvent] = field(default_factory=list)
    steps: list[Escalation] = field(default_factory=list)

    def tell(self, alarm: Alarm, first: int) -> None:
        """Everything of one alarm that opened at level ``first`` and has reached its own."""
        opened = alarm.raised_at
        if first != alarm.level:
            self._round(alarm, first, FIRST_PUSH, opened)
            opened = reached(alarm)
        self._round(alarm, alarm.level, FIRST_PUSH if first == alarm.level else RISEN_PUSH, opened)
        self._higher(alarm, opened)

    def write(self) -> None:
        """Store it all; the alarms must be stored."""
        AlarmPush.objects.bulk_create(self.pushes, batch_size=500)
        AlarmEvent.objects.bulk_create(self.events, batch_size=500)
        Escalation.objects.bulk_create(self.steps, batch_size=500)

    def _round(self, alarm: Alarm, level: int, kind: str, at: datetime) -> None:
        policy = policy_of(level, alarm.rule_version.definition if alarm.rule_version else None)
        made = [push for target in policy.receivers for push in self._target(alarm, target, policy, kind, at)]
        told = [NAMES[push.target] for push in made if push.state != PushState.NOT_TOLD]
        note = f"{policy.ground}：{'、'.join(dict.fromkeys(told)) or '无人可推'}"
        self.pushes += made
        self.events.append(
            AlarmEvent(
                alarm=alarm,
                kind="PUSHED",
                at=at,
                state_before=AlarmState.NEW,
                state_after=AlarmState.NEW,
                level=level,
                note=note,
                data={"kind": kind, "followed": 0, "pushes": len(made)},
            )
        )
        alarm.pushed_at = at

    def _target(
        self, alarm: Alarm, target: str, policy: Policy, kind: str, at: datetime
    ) -> Iterable[AlarmPush]:
        shared = {
            "alarm": alarm,
            "level": policy.level,
            "target": target,
            "kind": kind,
            "ground": policy.ground,
            "at": at,
        }
        if target in PLATFORMS:
            return [AlarmPush(**shared, state=PushState.TAKEN, channels=["API"], settled_at=at + ANSWERED)]
        offices = self.directory.offices(target, alarm.works)
        if not offices:
            reason = f"工程没有登记{NAMES[target]}"
            return [AlarmPush(**shared, channels=[], state=PushState.NOT_TOLD, reason=reason)]
        rows = []
        for office in offices:
            people = len(self.directory.people(office))
            push = AlarmPush(**shared, organization=office, place=str(office.pk), people=people)
            push.channels = sorted(policy.channels) if people else []
            if not people:
                push.state, push.reason = PushState.NOT_TOLD, f"{office.short_name}没有物联值守人员"
            rows.append(push)
        return rows

    def _higher(self, alarm: Alarm, since: datetime) -> None:
        policy = policy_of(alarm.level, alarm.rule_version.definition if alarm.rule_version else None)
        for step in policy.escalate:
            due = later(since, step.after, self.calendar, step.workdays)
            row = Escalation(alarm=alarm, level=alarm.level, target=step.target, unless=step.unless)
            row.next_due, acted = due, alarm.confirmed_at if step.unless == CONFIRM else alarm.resolved_at
            if acted is not None:
                row.next_due, row.done_at = None, acted
                row.outcome = "已确认，不升级" if step.unless == CONFIRM else "已处置，不升级"
            self.steps.append(row)

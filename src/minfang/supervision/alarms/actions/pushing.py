"""From the ledger to the people: suppression, grouping in a storm, first pushes, rises, escalations."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F

from minfang.kernel.workdays.calendar import Calendar
from minfang.supervision.alarms.actions.telling import Telling, rule_of, tell_all
from minfang.supervision.alarms.models import Alarm, Escalation, PushGroup, Silence, Suppression
from minfang.supervision.alarms.policy import later, policy_of
from minfang.supervision.alarms.routing import Directory
from minfang.supervision.alarms.suppression import Judge

RISES_AT_ONCE = 3
CHUNK = 1000
Pair = tuple[int, int]


def suppress(alarms: Sequence[Alarm], now: datetime) -> None:
    """Mark, before they are stored, those alarms that stay silent, with the reason."""
    judge = Judge(alarms, now)
    for alarm in alarms:
        if (reason := judge.reason(alarm)) is not None:
            alarm.suppressed_by, alarm.suppressed_reason = reason
    for silence, held in sorted(judge.held.items()):
        Silence.objects.filter(pk=silence).update(held=F("held") + held)


@dataclass
class Pusher:
    """Pushes of one transaction: groups locked once, offices and people looked up once."""

    now: datetime
    calendar: Calendar
    directory: Directory = field(default_factory=Directory)
    groups: dict[Pair, PushGroup] = field(default_factory=dict)

    def push(self, opened: Sequence[Alarm], risen: Sequence[Alarm]) -> None:
        """Push new alarms and risen ones, the gravest first, at most one new one a work and level."""
        loud = sorted((a for a in opened if not a.suppressed_by), key=lambda a: (a.level, a.opened_at))
        rises = [a for a in risen if a.suppressed_by in ("", Suppression.GROUP)]
        self._lock({(a.works_id, a.level) for a in (*loud, *rises)})
        gathered: dict[Pair, list[int]] = {}
        for alarm in loud:
            if not self._first(alarm):
                gathered.setdefault((alarm.works_id, alarm.level), []).append(alarm.pk)
        for alarm in rises:
            self._rise(alarm)
        self._gather(gathered)
        self.schedule([*loud, *rises])

    def _lock(self, pairs: set[Pair]) -> None:
        missing = sorted(pairs - set(self.groups))
        if not missing:
            return
        PushGroup.objects.bulk_create(
            [PushGroup(works_id=works, level=level) for works, level in missing], ignore_conflicts=True
        )
        works_of = sorted({works for works, _ in missing})
        rows = PushGroup.objects.select_for_update().filter(works_id__in=works_of).order_by("pk")
        self.groups.update({(row.works_id, row.level): row for row in rows})

    def _first(self, alarm: Alarm, kind: str = "FIRST") -> bool:
        group = self.groups[alarm.works_id, alarm.level]
        if group.until is not None and group.until > self.now:
            return False
        policy = policy_of(alarm.level, rule_of(alarm))
        group.lead, group.waiting, group.at_once = alarm, 0, 1
        group.until = self.now + timedelta(seconds=policy.gather_seconds)
        group.save()
        self._tell(alarm, kind)
        return True

    def _rise(self, alarm: Alarm) -> None:
        """A rise goes out at once, also while a storm is gathered, up to a few a work and level."""
        if self._first(alarm, "RISE"):
            return
        group = self.groups[alarm.works_id, alarm.level]
        group.at_once += 1
        if group.at_once <= RISES_AT_ONCE:
            self._tell(alarm, "RISE")
        else:
            group.waiting += 1
        group.save(update_fields=["at_once", "waiting"])

    def _tell(self, alarm: Alarm, kind: str, ground: str = "") -> None:
        tell_all(alarm, Telling(kind, ground, directory=self.directory, at=self.now))
        self.repeat_later(alarm)

    def repeat_later(self, alarm: Alarm) -> None:
        """When the alarm is pushed again should nobody confirm it."""
        policy = policy_of(alarm.level, rule_of(alarm))
        minutes = policy.repeat_minutes
        alarm.next_repeat_at = self.now + timedelta(minutes=minutes) if minutes else None
        Alarm.objects.filter(pk=alarm.pk).update(next_repeat_at=alarm.next_repeat_at)

    def _gather(self, gathered: dict[Pair, list[int]]) -> None:
        for pair, ids in gathered.items():
            group = self.groups[pair]
            group.waiting += len(ids)
            group.save(update_fields=["waiting"])
            number = group.lead.number if group.lead else ""
            reason = f"同一工程同级预警集中发生，并入 {number} 之后的汇总推送"
            for at in range(0, len(ids), CHUNK):
                Alarm.objects.filter(pk__in=ids[at : at + CHUNK]).update(
                    suppressed_by=Suppression.GROUP, suppressed_reason=reason, lead=group.lead
                )

    def schedule(self, alarms: Sequence[Alarm]) -> None:
        """Write down who hears next if nobody acts; an instant already past is due at once."""
        rows = []
        for alarm in alarms:
            policy = policy_of(alarm.level, rule_of(alarm))
            for step in policy.escalate:
                due = later(self.now, step.after, self.calendar, step.workdays)
                rows.append(
                    Escalation(
                        alarm=alarm, level=alarm.level, target=step.target, unless=step.unless, next_due=due
                    )
                )
        Escalation.objects.bulk_create(rows, batch_size=CHUNK, ignore_conflicts=True)

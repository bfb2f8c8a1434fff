"""What the rule engine signals becomes the ledger: alarms open, rise, repeat and clear.

Order of locks, the same for all: the day's number, open alarms by id, groups of pushes by id. Whoever is
second sees what the first one opened, and the unique ``open_key`` refuses a second open alarm in any case.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.workdays.queries import official_calendar
from minfang.supervision.alarms import held_back
from minfang.supervision.alarms.actions.announcing import announce
from minfang.supervision.alarms.actions.pushing import Pusher, suppress
from minfang.supervision.alarms.actions.telling import rule_of
from minfang.supervision.alarms.models import Alarm, AlarmEvent, Source
from minfang.supervision.alarms.numbering import next_numbers
from minfang.supervision.alarms.policy import definition, policy_of
from minfang.supervision.alarms.times import moment
from minfang.supervision.rules.models import AlarmRuleVersion
from minfang.supervision.rules.signals import Signal, SignalKind
from minfang.supervision.telemetry.models import Series

CHANGED = (
    "level",
    "peak_level",
    "last_at",
    "last_value",
    "count",
    "cleared_at",
    "message",
    "explanation",
    "value",
    "threshold",
    "confirm_due",
    "handle_due",
)
BEGINS = (SignalKind.RAISE, SignalKind.RISE)
CHUNK = 1000
PLACES = (
    "device__works__managing_unit",
    "device__unit",
    "device__gateway",
    "device__floor",
    "device__room",
)


def open_key(rule_id: int, series_id: int) -> str:
    """The key under which one rule has one open alarm on a series."""
    return f"R{rule_id}:S{series_id}"


@dataclass
class Taken:
    """What one call has done, for the steps that follow: inhibition, grouping, pushes."""

    opened: list[Alarm] = field(default_factory=list)
    risen: list[Alarm] = field(default_factory=list)
    cleared: list[Alarm] = field(default_factory=list)
    touched: dict[int, Alarm] = field(default_factory=dict)
    events: list[AlarmEvent] = field(default_factory=list)


@transaction.atomic
def take(signals: Sequence[Signal]) -> None:
    """Carry out what the engine signalled, in the order it was signalled.

    Opens, raises and clears alarms, counts repeats, keeps what was held back with its reason, and writes the
    pushes that are due. Safe against a second worker with the same signals: one alarm, one push.
    """
    held_back.keep([s for s in signals if s.kind == SignalKind.HELD_BACK])
    told = [s for s in signals if s.kind != SignalKind.HELD_BACK]
    if told:
        _Ledger(told).run()


class _Ledger:
    """One call of :func:`take` with all it has to know, read in a handful of queries."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        self.signals = signals
        self.now = clock.now()
        self.taken = Taken()
        self.open: dict[str, Alarm] = {}
        self.numbers: list[str] = []
        self.still: set[str] = set()

    def run(self) -> Taken:
        """Read, change in memory, write."""
        keys = {open_key(s.rule_id, s.series_id) for s in self.signals}
        self.still = self._still_true()
        raising = {
            open_key(s.rule_id, s.series_id)
            for s in self.signals
            if s.kind in BEGINS or open_key(s.rule_id, s.series_id) in self.still
        }
        if raising:
            self.numbers = next_numbers(self.now.date(), len(raising))[::-1]
        self._read(keys)
        for signal in self.signals:
            self._follow(signal)
        self._write()
        return self.taken

    def _read(self, keys: set[str]) -> None:
        wanted = sorted(keys)
        for part in _parts(wanted):
            rows = Alarm.objects.select_for_update(of=("self",)).filter(open_key__in=part).order_by("pk")
            rows = rows.select_related("works__managing_unit", "device", "rule_version")
            self.open.update({str(row.open_key): row for row in rows})
        missing = {s.series_id for s in self.signals if open_key(s.rule_id, s.series_id) not in self.open}
        self.series: dict[int, Series] = {}
        for ids in _parts(sorted(missing)):
            found = Series.objects.filter(pk__in=ids).select_related(*PLACES)
            self.series.update({row.pk: row for row in found})
        versions = {s.version_id for s in self.signals}
        rows_of = AlarmRuleVersion.objects.filter(pk__in=versions).select_related("rule")
        self.versions = {row.pk: row for row in rows_of}
        self.calendar = official_calendar()

    def _still_true(self) -> set[str]:
        """Conditions that still hold although their alarm was closed longer ago than a repeat takes."""
        repeats = {open_key(s.rule_id, s.series_id): s for s in self.signals if s.kind == SignalKind.REPEAT}
        for part in _parts(sorted(repeats)):
            known = Alarm.objects.filter(open_key__in=part).values_list("open_key", flat=True)
            for key in list(known):
                repeats.pop(str(key), None)
        if not repeats:
            return set()
        since = self.now - timedelta(minutes=int(definition()["repeat_minutes"]))
        series = sorted({s.series_id for s in repeats.values()})
        recent = Alarm.objects.filter(series__in=series, closed_at__gt=since)
        closed = {open_key(rule or 0, one or 0) for rule, one in recent.values_list("rule_id", "series_id")}
        return set(repeats) - closed

    def _follow(self, signal: Signal) -> None:
        alarm = self.open.get(open_key(signal.rule_id, signal.series_id))
        if alarm is None:
            if signal.kind in BEGINS or open_key(signal.rule_id, signal.series_id) in self.still:
                self._open(signal)
        elif signal.kind == SignalKind.CLEAR:
            self._clear(alarm, signal)
        else:
            self._again(alarm, signal)

    def _open(self, signal: Signal) -> None:
        series, version = self.series.get(signal.series_id), self.versions.get(signal.version_id)
        if series is None or version is None:
            return
        policy = policy_of(signal.level, version.definition)
        at = moment(signal.at)
        alarm = Alarm(
            number=self.numbers.pop(),
            source=Source.RULE,
            **grounds(version, series),
            level=signal.level,
            peak_level=signal.level,
            open_key=open_key(signal.rule_id, signal.series_id),
            opened_at=at,
            raised_at=self.now,
            last_at=at,
            value=signal.value,
            last_value=signal.value,
            threshold=signal.threshold,
            message=signal.message[:500],
            explanation=explain(signal),
            confirm_due=policy.confirm_due(self.now, self.calendar),
            handle_due=policy.handle_due(self.now, self.calendar),
        )
        self.open[str(alarm.open_key)] = alarm
        self.taken.opened.append(alarm)
        self._happened(alarm, "OPENED", "满足规则", signal.level)

    def _again(self, alarm: Alarm, signal: Signal) -> None:
        alarm.count += 1
        alarm.last_at = max(alarm.last_at, moment(signal.at))
        alarm.last_value = signal.value
        if alarm.cleared_at is not None:
            alarm.cleared_at = None
            self._happened(alarm, "BACK", "恢复后再次满足条件", signal.level)
        if signal.level < alarm.level:
            self._rise(alarm, signal)
        elif signal.kind == SignalKind.RAISE:
            alarm.level = signal.level
            self._happened(alarm, "AGAIN", f"第 {alarm.count} 次", signal.level)
        self._touch(alarm)

    def _rise(self, alarm: Alarm, signal: Signal) -> None:
        before, alarm.level = alarm.level, signal.level
        alarm.peak_level = min(alarm.peak_level, signal.level)
        alarm.message, alarm.explanation = signal.message[:500], explain(signal)
        alarm.value, alarm.threshold = signal.value, signal.threshold
        self._hurry(alarm)
        self._happened(alarm, "RISEN", f"由{_name(before)}升为{_name(signal.level)}", signal.level)
        if alarm not in self.taken.opened and alarm not in self.taken.risen:
            self.taken.risen.append(alarm)

    def _hurry(self, alarm: Alarm) -> None:
        """The limits of the graver level count from now on; none becomes longer."""
        policy = policy_of(alarm.level, rule_of(alarm))
        confirm = policy.confirm_due(self.now, self.calendar)
        handle = policy.handle_due(self.now, self.calendar)
        alarm.confirm_due = min((due for due in (alarm.confirm_due, confirm) if due), default=None)
        alarm.handle_due = min((due for due in (alarm.handle_due, handle) if due), default=None)

    def _clear(self, alarm: Alarm, signal: Signal) -> None:
        if alarm.cleared_at is not None:
            return
        alarm.cleared_at, alarm.last_value = moment(signal.at), signal.value
        self._happened(alarm, "CLEARED", signal.message or "条件解除", alarm.level)
        self.taken.cleared.append(alarm)
        self._touch(alarm)

    def _touch(self, alarm: Alarm) -> None:
        if alarm.pk is not None:
            self.taken.touched[alarm.pk] = alarm

    def _happened(self, alarm: Alarm, kind: str, note: str, level: int) -> None:
        self.taken.events.append(
            AlarmEvent(
                alarm=alarm,
                kind=kind,
                at=self.now,
                state_before="" if kind == "OPENED" else alarm.state,
                state_after=alarm.state,
                level=level,
                note=note[:500],
                data={"value": alarm.last_value, "event_at": alarm.last_at.isoformat()},
            )
        )

    def _write(self) -> None:
        suppress(self.taken.opened, self.now)
        Alarm.objects.bulk_create(self.taken.opened, batch_size=CHUNK)
        touched = [self.taken.touched[pk] for pk in sorted(self.taken.touched)]
        Alarm.objects.bulk_update(touched, CHANGED, batch_size=CHUNK)
        for event in self.taken.events:
            event.alarm_id = event.alarm.pk
        AlarmEvent.objects.bulk_create(self.taken.events, batch_size=CHUNK)
        if self.taken.opened or self.taken.risen:
            Pusher(self.now, self.calendar).push(self.taken.opened, self.taken.risen)
        announce([*self.taken.opened, *touched])


def grounds(version: AlarmRuleVersion, series: Series) -> dict[str, Any]:
    """What an alarm takes over from the rule that raised it and from where it was raised."""
    rule, device = version.rule, series.device
    return {
        "rule": rule,
        "rule_version": version,
        "series": series,
        "device": device,
        "works": device.works,
        "unit": device.unit,
        "district_code": device.works.district_code,
        "metric": series.metric,
        "category": rule.category,
        "title": f"{device.name} {rule.name}"[:120],
    }


def explain(signal: Signal) -> dict[str, Any]:
    """Why it was raised, as the page shows it: the readings that prove it and every step of the chain."""
    return {
        "readings": [[at, value] for at, value in signal.readings],
        "steps": [asdict(step) for step in signal.steps],
        "at": signal.at,
        "value": signal.value,
        "threshold": signal.threshold,
        "level": signal.level,
    }


def _name(level: int) -> str:
    return policy_of(level, None).name


def _parts(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[at : at + CHUNK] for at in range(0, len(items), CHUNK))

"""Knows the devices, rules and people the history is made of, and makes one alarm at a time."""

import random
import tomllib
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Person
from minfang.kernel.workdays.queries import official_calendar
from minfang.registry.models import Device
from minfang.registry.sensor_types import GATEWAY
from minfang.sandbox.demo_alarms.ramps import Proof, Prover
from minfang.sandbox.demo_alarms.rows import alarm_of, key_of, reached
from minfang.supervision.alarms.models import Alarm, AlarmState, Verdict
from minfang.supervision.alarms.times import microseconds
from minfang.supervision.rules.models import AlarmRuleVersion
from minfang.supervision.telemetry.models import Series

SEED = 20261122
PEOPLE = ("tao.yiming", "zhou.min", "han.liqun")
BATTERY, WIRELESS = "BATTERY", ("WATER", "TILT", "DOORST")
PLACES = ("works__managing_unit", "unit", "floor", "room", "batch")
Kind = dict[str, Any]


@cache
def definition() -> dict[str, Any]:
    """The whole file; callers must not change what they get."""
    text = files("minfang.sandbox").joinpath("definitions/demo_alarms.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def ensure_series() -> None:
    """A series for what every device measures, and for the batteries of those without a cable."""
    known = set(Series.objects.values_list("device_id", "metric"))
    devices = Device.objects.exclude(sensor_type=GATEWAY).values_list("pk", "sensor_type")
    wanted = {(pk, kind) for pk, kind in devices} | {
        (pk, BATTERY) for pk, kind in devices if kind in WIRELESS
    }
    rows = [Series(device_id=pk, metric=metric) for pk, metric in sorted(wanted - known)]
    Series.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


class Maker:
    """Makes alarms that agree with the rules in force."""

    def __init__(self) -> None:
        self.dice = random.Random(SEED)  # noqa: S311 - demonstration data
        self.now, self.calendar = clock.now(), official_calendar()
        self.prover = Prover(self.dice)
        devices = {row.pk: row for row in Device.objects.select_related(*PLACES)}
        self.series: dict[int, Series] = {}
        for row in Series.objects.order_by("device__device_no", "metric"):
            if row.device_id in devices:
                row.device = devices[row.device_id]
                self.series[row.pk] = row
        live = AlarmRuleVersion.objects.exclude(live_key=None).select_related("rule")
        self.versions = {row.rule.code: row for row in live}
        self.people = list(Person.objects.filter(username__in=PEOPLE).order_by("username"))
        told: list[Kind] = definition()["kind"]
        self.kinds = {kind["rule"]: kind for kind in told if kind["rule"] in self.prover.plans}
        weak = {row["batch"] for row in definition()["history"]["planted"]}
        self.sound: dict[int, dict[str, list[Series]]] = defaultdict(lambda: defaultdict(list))
        for code in self.kinds:
            for one in self.of(
                code, lambda s: str(s.device.batch.batch_no if s.device.batch else "") not in weak
            ):
                self.sound[one.device.works_id][code].append(one)
        self.levels: dict[int, int] = {}

    def of(self, code: str, fits: Callable[[Series], bool]) -> list[Series]:
        """The series a rule watches, by the number of their device."""
        plans = self.prover.plans.get(code, {})
        return [row for pk, row in self.series.items() if pk in plans and fits(row)]

    def alarm(self, code: str, level: int, series: Series, at: datetime) -> tuple[Alarm, Proof] | None:
        """An alarm of a rule that comes to a level at ``at``; none where the rule has no such level there."""
        proof = self.prover.prove(code, series.pk, level, microseconds(at))
        if proof is None:
            return None
        alarm = alarm_of(proof, self.versions[code], series, self.calendar)
        self.levels[id(alarm)] = proof.first.level
        return alarm, proof

    def closed(self, code: str, series: Series, at: datetime, *, false: bool) -> list[Alarm]:
        """An alarm that was judged and closed; empty where the rule cannot raise it."""
        kind = self.kinds[code]
        level = self.dice.choices((1, 2, 3, 4), kind["levels"])[0]
        made = self.alarm(code, level, series, at)
        if made is None:
            return []
        self.judge(made[0], kind, false=false)
        return [made[0]]

    def judge(self, alarm: Alarm, kind: Kind, *, false: bool) -> None:
        """Confirmed and handled in time (few too late), then closed or found false."""
        known = reached(alarm)
        confirm = (alarm.confirm_due - known) if alarm.confirm_due else timedelta(hours=4)
        handle = min(
            (alarm.handle_due - known) if alarm.handle_due else timedelta(days=1), timedelta(hours=9)
        )
        alarm.confirmed_at = known + min(confirm, timedelta(minutes=40)) * self.dice.uniform(0.1, 0.9)
        alarm.confirmed_by = self._person()
        late = self.dice.random() < definition()["history"]["late_share"] and alarm.level < 3
        spent = self.dice.uniform(1.05, 1.3) if late else self.dice.uniform(0.35, 0.85)
        alarm.resolved_at = min(known + handle * spent, self.now - timedelta(minutes=20))
        alarm.handled_by = self._person()
        alarm.cleared_at = alarm.resolved_at
        alarm.closed_at = min(
            alarm.resolved_at + timedelta(minutes=self.dice.randint(5, 200)), self.now - timedelta(minutes=5)
        )
        alarm.version = 4
        if false:
            falses = (Verdict.FALSE_DEVICE, Verdict.FALSE_ENV, Verdict.FALSE_HUMAN)
            alarm.verdict = self.dice.choices(falses, (6, 3, 1))[0]
            alarm.state, alarm.cause = AlarmState.FALSE_ALARM, self.dice.choice(kind["false"])
            alarm.closed_at = alarm.resolved_at
            return
        alarm.state = AlarmState.CLOSED
        self._fixed(alarm, kind)

    def _fixed(self, alarm: Alarm, kind: Kind) -> None:
        at = self.dice.randrange(len(kind["real"]))
        alarm.verdict = Verdict.REAL_FIXED
        alarm.cause, alarm.measure = kind["real"][at], kind["measure"][at]

    def _person(self) -> Person | None:
        return self.dice.choice(self.people) if self.people else None

    def open(self, row: Sequence[Any], used: set[int]) -> tuple[Alarm, Proof] | None:
        """One alarm that is open now; at most one on a device."""
        level, state, minutes, code, works, times = row
        fits = self.of(code, lambda s: s.device_id not in used and works in s.device.works.name)
        if code not in self.kinds or not fits:
            return None
        series, at = self.dice.choice(fits), self.now - timedelta(minutes=minutes)
        made = self.alarm(code, level, series, at)
        if made is None:
            return None
        alarm = made[0]
        used.add(series.device_id)
        alarm.state, alarm.open_key = state, key_of(alarm)
        self._worked_on(alarm, minutes)
        if times > 1:
            alarm.count, alarm.last_at = times, self.now - timedelta(minutes=25)
        return made

    def _worked_on(self, alarm: Alarm, minutes: int) -> None:
        known = reached(alarm)
        if alarm.state == AlarmState.NEW:
            return
        alarm.confirmed_at = known + timedelta(minutes=min(5, minutes / 3))
        alarm.confirmed_by, alarm.version = self.people[0] if self.people else None, 2
        if alarm.state != AlarmState.CONFIRMED:
            alarm.dispatched_at = known + timedelta(minutes=min(9, minutes / 2))
            alarm.dispatched_to, alarm.version = self.people[-1] if self.people else None, 3
        if alarm.state in (AlarmState.PROCESSING, AlarmState.RESOLVED):
            alarm.started_at = known + timedelta(minutes=min(25, minutes * 0.8))
            alarm.version = 4
        if alarm.state == AlarmState.RESOLVED:
            self._fixed(alarm, self.kinds[alarm.rule.code if alarm.rule else ""])
            alarm.resolved_at = known + timedelta(minutes=min(200, minutes * 0.6))
            alarm.handled_by, alarm.cleared_at, alarm.version = alarm.dispatched_to, alarm.resolved_at, 5

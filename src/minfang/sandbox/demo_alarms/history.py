"""Writing the alarms of a year in bulk, with the rows of their lives."""

import random
import tomllib
from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import transaction

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Person
from minfang.kernel.workdays.queries import official_calendar
from minfang.registry.models import Device
from minfang.sandbox import demo_works
from minfang.supervision.alarms.models import Alarm, AlarmEvent, AlarmState, Verdict
from minfang.supervision.alarms.numbering import next_numbers
from minfang.supervision.alarms.policy import default
from minfang.supervision.rules.models import AlarmRuleVersion, VersionState
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.models import Series

SEED = 20261122
PEOPLE = ("tao.yiming", "zhou.min", "han.liqun")
Kind = dict[str, Any]
Step = tuple[str, datetime, str, Person | None, str]


@cache
def definition() -> dict[str, Any]:
    """The whole file; callers must not change what they get."""
    text = files("minfang.sandbox").joinpath("definitions/demo_alarms.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@transaction.atomic
def ensure() -> int:
    """Make the history unless there are alarms already; returns how many were made."""
    if Alarm.objects.exists() or not Device.objects.exists():
        return 0
    maker = _Maker()
    rows = [maker.closed() for _ in range(int(definition()["history"]["closed"]))]
    rows += [one for row in definition()["open"]["rows"] if (one := maker.open(*row)) is not None]
    _number(rows)
    Alarm.objects.bulk_create(rows, batch_size=500)
    AlarmEvent.objects.bulk_create((event for row in rows for event in maker.life(row)), batch_size=1000)
    return len(rows)


def _number(rows: list[Alarm]) -> None:
    rows.sort(key=lambda row: row.raised_at)
    by_day: dict[Any, list[Alarm]] = defaultdict(list)
    for row in rows:
        by_day[clock.day_of(row.raised_at)].append(row)
    for day, alarms in by_day.items():
        for alarm, number in zip(alarms, next_numbers(day, len(alarms)), strict=True):
            alarm.number = number


class _Maker:
    """Knows the devices, rules and people the history is made of."""

    def __init__(self) -> None:
        self.dice = random.Random(SEED)  # noqa: S311 - demonstration data
        self.now, self.calendar = clock.now(), official_calendar()
        self.devices: dict[str, list[Device]] = defaultdict(list)
        for device in Device.objects.select_related("works", "unit", "batch").order_by("device_no"):
            self.devices[device.sensor_type].append(device)
            self.devices[""].append(device)
        self.weak = {str(batch) for batch in demo_works.weak_batches()}
        known = AlarmRuleVersion.objects.filter(state=VersionState.PUBLISHED).select_related("rule")
        self.rules = {str(one.definition.get("metric")): one for one in known.order_by("-pk")}
        self.series = {(s.device_id, s.metric): s for s in Series.objects.all()}
        self.people = list(Person.objects.filter(username__in=PEOPLE).order_by("username"))
        kinds: list[Kind] = definition()["kind"]
        self.kinds = [kind for kind in kinds if self.devices.get(kind["metric"])]
        self.used: set[int] = set()

    def closed(self) -> Alarm:
        """One alarm of the last year that was judged and closed; more of them in the wet months."""
        kind = self.dice.choices(self.kinds, [one["weight"] for one in self.kinds])[0]
        recent = self.dice.random() < definition()["history"]["recent_share"]
        ago = self.dice.uniform(0.6, 21 if recent else definition()["history"]["days"])
        opened = self.now - timedelta(days=ago)
        if not recent and opened.month not in (6, 7, 8, 9) and self.dice.random() < 0.25:
            opened = opened.replace(day=min(opened.day, 28), month=7)
            opened = min(opened, self.now - timedelta(days=1))
        device = self.dice.choice(self.devices[kind["metric"]])
        level = self.dice.choices((1, 2, 3, 4), kind["levels"])[0]
        alarm = self._alarm(kind, device, level, opened)
        self._judge(alarm, kind, device)
        return alarm

    def _alarm(self, kind: Kind, device: Device, level: int, opened: datetime) -> Alarm:
        version = self.rules.get(kind["metric"])
        low, high = kind["value"]
        value = round(self.dice.uniform(low, high), 2) if high > low else float(low)
        policy, series = default(level), self.series.get((device.pk, kind["metric"]))
        said = (
            metrics.catalogue()[kind["metric"]].say(value) if kind["metric"] else f"{value:.0f} 个周期无数据"
        )
        at = int(opened.timestamp() * 1e6)
        return Alarm(
            rule=version.rule if version else None,
            rule_version=version,
            series=series,
            device=device,
            works=device.works,
            unit=device.unit,
            district_code=device.works.district_code,
            metric=kind["metric"],
            category=kind["category"],
            title=kind["title"],
            level=level,
            peak_level=level,
            opened_at=opened,
            raised_at=opened + timedelta(seconds=2),
            last_at=opened + timedelta(minutes=self.dice.randint(0, 90)),
            count=self.dice.choice((1, 1, 1, 2, 3, 5)),
            value=value,
            last_value=value,
            threshold=float(kind["threshold"]),
            message=f"{device.name} {said}，{kind['title']}",
            explanation={"steps": _steps(said, kind), "readings": [[at, value]], "at": at, "level": level},
            confirm_due=policy.confirm_due(opened, self.calendar),
            handle_due=policy.handle_due(opened, self.calendar),
            tags=["汛期"] if kind["category"] == "WATER" and opened.month in (6, 7, 8, 9) else [],
        )

    def _judge(self, alarm: Alarm, kind: Kind, device: Device) -> None:
        told = definition()["history"]
        weak = str(device.batch_id) in self.weak or str(device.batch) in self.weak
        wrong = self.dice.random() < told["false_share_weak" if weak else "false_share"]
        alarm.confirmed_at = alarm.raised_at + timedelta(minutes=self.dice.randint(1, 25))
        alarm.confirmed_by = self.dice.choice(self.people) if self.people else None
        alarm.resolved_at = alarm.confirmed_at + timedelta(minutes=self.dice.randint(20, 400))
        alarm.handled_by = self.dice.choice(self.people) if self.people else None
        alarm.cleared_at = alarm.resolved_at
        alarm.closed_at = alarm.resolved_at + timedelta(minutes=self.dice.randint(5, 200))
        alarm.version = 4
        if wrong:
            falses = (Verdict.FALSE_DEVICE, Verdict.FALSE_ENV, Verdict.FALSE_HUMAN)
            alarm.verdict = self.dice.choices(falses, (6, 3, 1))[0]
            alarm.state, alarm.cause = AlarmState.FALSE_ALARM, self.dice.choice(kind["false"])
            return
        alarm.verdict, alarm.state = Verdict.REAL_FIXED, AlarmState.CLOSED
        at = self.dice.randrange(len(kind["real"]))
        alarm.cause, alarm.measure = kind["real"][at], kind["measure"][at]

    def open(self, level: int, state: str, minutes: int, metric: str) -> Alarm | None:
        """One alarm that is open now; at most one on a device."""
        kind = next((one for one in self.kinds if one["metric"] == metric), None)
        free = [one for one in self.devices.get(metric, ()) if one.pk not in self.used]
        if kind is None or not free:
            return None
        device = self.dice.choice(free)
        self.used.add(device.pk)
        alarm = self._alarm(kind, device, level, self.now - timedelta(minutes=minutes))
        alarm.state, alarm.open_key = state, f"D:{device.pk}:{metric}"
        if alarm.rule_id and alarm.series_id:
            alarm.open_key = f"R{alarm.rule_id}:S{alarm.series_id}"
        if state != AlarmState.NEW:
            alarm.confirmed_at = alarm.raised_at + timedelta(minutes=min(7, minutes // 2))
            alarm.confirmed_by, alarm.version = self.people[0] if self.people else None, 2
        if state in (AlarmState.DISPATCHED, AlarmState.PROCESSING):
            alarm.dispatched_at = alarm.raised_at + timedelta(minutes=min(12, minutes - 1))
            alarm.dispatched_to, alarm.version = self.people[-1] if self.people else None, 3
        if state == AlarmState.RESOLVED:
            alarm.verdict, alarm.cause, alarm.measure = (
                Verdict.REAL_FIXED,
                kind["real"][0],
                kind["measure"][0],
            )
            alarm.resolved_at = self.now - timedelta(minutes=min(30, minutes // 2))
            alarm.cleared_at, alarm.version = alarm.resolved_at, 4
        return alarm

    def life(self, alarm: Alarm) -> list[AlarmEvent]:
        """The rows of an alarm's life, as they would have been written."""
        steps: list[tuple[str, datetime, str, Person | None, str]] = [
            ("OPENED", alarm.raised_at, "NEW", None, "满足规则")
        ]
        if alarm.confirmed_at:
            steps.append(("CONFIRM", alarm.confirmed_at, "CONFIRMED", alarm.confirmed_by, "确认"))
        if alarm.dispatched_at:
            note = f"派单给{alarm.dispatched_to or '管理单位'}"
            steps.append(("DISPATCH", alarm.dispatched_at, "DISPATCHED", alarm.confirmed_by, note))
        if alarm.verdict and alarm.resolved_at:
            note = f"{Verdict(alarm.verdict).label}：{alarm.cause}"
            after = "RESOLVED" if alarm.verdict == Verdict.REAL_FIXED else alarm.state
            steps.append(("HANDLE", alarm.resolved_at, after, alarm.handled_by, note))
        if alarm.closed_at and alarm.state == AlarmState.CLOSED:
            steps.append(("CLOSE", alarm.closed_at, "CLOSED", alarm.confirmed_by, "复核通过，闭环"))
        rows, before = [], ""
        for kind, at, after, person, note in steps:
            rows.append(
                AlarmEvent(
                    alarm=alarm,
                    kind=kind,
                    at=at,
                    person=person,
                    state_before=before,
                    state_after=after,
                    level=alarm.level,
                    note=note,
                )
            )
            before = after
        return rows


def _steps(said: str, kind: Kind) -> list[dict[str, Any]]:
    texts = (
        ("QUALITY", "质量好，非补录"),
        ("SCHEDULE", "每天 00:00–24:00；工程处于平时阶段"),
        ("THRESHOLD", f"{said}，越过 {kind['threshold']}"),
        ("HOLD", "持续时间已够"),
        ("DEDUPE", "30 分钟窗口内无同级同设备预警"),
    )
    return [{"code": code, "passed": True, "text": text} for code, text in texts]

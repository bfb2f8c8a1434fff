"""From the database to facts and compiled rules, for engines, back-tests and previews."""

import logging
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Max, Sum
from pydantic import ValidationError

from minfang.kernel.workdays.queries import official_calendar
from minfang.registry.models import Device, DeviceStatus, Equipment, Works, WorksEvent
from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.facts import Facts, SeriesFacts
from minfang.supervision.rules.models import AlarmRule, AlarmRuleVersion, FrequencyThreshold, RuleState
from minfang.supervision.rules.plans import Compiled, compile_rule
from minfang.supervision.rules.schedule import Readiness, micros
from minfang.supervision.rules.states import StateRow
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.models import LatestValue, Series

log = logging.getLogger(__name__)


def facts(*, remembering: bool = True, metric: str | None = None) -> Facts:
    """Every device in use with its place, the calendar, readiness and, if asked, the newest values."""
    rows = Series.objects.filter(device__retired_at=None).exclude(device__status=DeviceStatus.DISABLED)
    if metric is not None:
        rows = rows.filter(metric=metric)
    places = ("works", "unit", "floor", "room", "equipment")
    rows = rows.select_related("device", *(f"device__{place}" for place in places)).order_by("pk")
    found = Facts.of((_series(row) for row in rows), calendar=official_calendar(), readiness=readiness())
    if remembering:
        newest = LatestValue.objects.values_list("series_id", "ts", "value", "quality")
        found.memory = {number: (micros(ts), value, quality) for number, ts, value, quality in newest}
    return found


def _series(row: Series) -> SeriesFacts:
    device = row.device
    works, unit, room, equipment = device.works, device.unit, device.room, device.equipment
    return SeriesFacts(
        series=row.pk,
        metric=row.metric,
        works_id=works.pk,
        works_no=works.works_no,
        works=works.name,
        device_no=device.device_no,
        device=device.name,
        unit_id=unit.pk if unit else None,
        unit_no=unit.unit_no if unit else "",
        unit=unit.name if unit else "",
        room_id=room.pk if room else None,
        room=room.name if room else "",
        special=bool(room and room.special),
        equipment_id=equipment.pk if equipment else None,
        equipment_category=equipment.category if equipment else "",
        design=equipment.design if equipment else {},
        district=works.district_code,
        management_level=works.management_level,
        place=device.place,
        period=_period(row),
    )


def _period(row: Series) -> int:
    if row.metric == row.device.sensor_type:
        return row.device.period_seconds
    known = metrics.catalogue().get(row.metric)
    return known.period if known else row.device.period_seconds


def readiness() -> Readiness:
    """The readiness of all works as their history tells it."""
    found = Readiness()
    for number, state in Works.objects.values_list("pk", "op_state"):
        found.begin(number, state)
    changes = WorksEvent.objects.filter(kind="OP_STATE").order_by("at", "pk")
    begun: set[int] = set()
    for works, before, after, at in changes.values_list("works_id", "before", "after", "at"):
        if works not in begun and before.get("op_state"):
            found.begin(works, before["op_state"])
            begun.add(works)
        if after.get("op_state"):
            found.change(works, micros(at), after["op_state"])
    return found


def frequencies() -> dict[str, tuple[int, int]]:
    """Named frequency thresholds: times and span in seconds."""
    rows = FrequencyThreshold.objects.values_list("code", "times", "span_seconds")
    return {code: (times, span) for code, times, span in rows}


def state_rows() -> list[StateRow]:
    """What the engine remembered at the last commit."""
    rows = RuleState.objects.order_by("series", "rule_id")
    return [
        StateRow(
            rule_id=row.rule_id,
            version_id=row.version_id,
            series_id=row.series,
            phase=row.phase,
            level=row.level,
            since_ts=row.since_ts,
            last_ts=row.last_ts,
            last_value=row.last_value,
            count=row.count,
            window_start=row.window_start,
            next_due=row.next_due,
            data=row.data,
        )
        for row in rows
    ]


def compiled(known: Facts, states: Iterable[StateRow] = ()) -> list[Compiled]:
    """The versions in force, and those with which something is still running."""
    running = {row.version_id for row in states}
    rows = AlarmRuleVersion.objects.select_related("rule")
    found = []
    for version in rows.exclude(live_key=None) | rows.filter(pk__in=running):
        one = compile_version(version, known, frequencies())
        if one is not None and (one.live or version.pk in running):
            found.append(one)
    return found


def compile_version(
    version: AlarmRuleVersion, known: Facts, named: dict[str, tuple[int, int]]
) -> Compiled | None:
    """One stored version; a faulty one is logged and left out, so that it stops no other rule."""
    rule = version.rule
    try:
        definition = RuleDefinition.model_validate(version.definition)
        return compile_rule(
            identity(rule, version.pk),
            definition,
            known,
            named,
            live=version.live_key is not None and rule.enabled,
            off=not rule.enabled,
        )
    except (ValidationError, KeyError):
        log.exception("rule %s version %s cannot run", rule.code, version.number)
        return None


def identity(rule: AlarmRule, version: int) -> tuple[int, int, str, str, str]:
    """How signals name a rule."""
    return rule.pk, version, rule.code, rule.name, rule.category


def stamp() -> tuple[Any, ...]:
    """Changes whenever an engine has to be built anew: rules, frequencies, devices, places, calendar."""
    rules = AlarmRule.objects.aggregate(n=Count("id"), turn=Sum("revision"))
    named = FrequencyThreshold.objects.aggregate(n=Count("id"), turn=Sum("version"))
    devices = Device.objects.aggregate(n=Count("id"), turn=Sum("version"), off=Count("retired_at"))
    works = Works.objects.aggregate(n=Count("id"), turn=Sum("version"))
    rest = (
        Equipment.objects.count(),
        Series.objects.aggregate(top=Max("id"))["top"],
        id(official_calendar()),
    )
    return (*rules.values(), *named.values(), *devices.values(), *works.values(), *rest)

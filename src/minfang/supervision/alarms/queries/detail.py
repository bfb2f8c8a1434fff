"""One alarm with everything that led to it and came of it."""

from datetime import datetime, timedelta

from minfang.kernel.base import clock
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.actions.life import dispatch_offices, disposers, offered
from minfang.supervision.alarms.actions.telling import rule_of
from minfang.supervision.alarms.models import Alarm, AlarmEvent, AlarmPhoto, AlarmState
from minfang.supervision.alarms.policy import policy_of
from minfang.supervision.alarms.queries.lists import LARGE, RELATED, row_of
from minfang.supervision.alarms.queries.scope import visible
from minfang.supervision.alarms.queries.told import told_of
from minfang.supervision.alarms.schemas import (
    AlarmChoice,
    AlarmDetail,
    AlarmHappening,
    AlarmPhotoOut,
    AlarmRow,
    AlarmStep,
)
from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.sentence import one_line
from minfang.supervision.telemetry import metrics
from minfang.supervision.telemetry.models import LatestValue

STEP_NAMES = {
    "QUALITY": "数据可信",
    "SCHEDULE": "时段适用",
    "OP_STATE": "平急阶段适用",
    "VALIDITY": "规则在有效期内",
    "THRESHOLD": "超过阈值",
    "HOLD": "持续够久",
    "DEDUPE": "不是重复",
    "COUNT": "次数达到",
    "TOGETHER": "邻近互证",
}
RELATED_SPAN = timedelta(days=7)
MOST_RELATED = 5


def one(access: Access, number: str, permission: str = "iot.read") -> Alarm:
    """An alarm this person may see; another looks as if it did not exist."""
    rows = visible(access, permission).filter(number=number)
    found = rows.select_related(
        *RELATED,
        "works__managing_unit",
        "rule",
        "rule_version",
        "series",
        "confirmed_by",
        "duplicate_of",
        "lead",
    ).first()
    if found is None:
        raise not_found("该预警")
    return found


def detail(access: Access, number: str) -> AlarmDetail:
    """Everything of one alarm."""
    alarm = one(access, number)
    latest = LatestValue.objects.filter(series_id=alarm.series_id).first() if alarm.series_id else None
    known = metrics.catalogue().get(alarm.metric)
    may = visible(access, "iot.handle", Alarm.objects.filter(pk=alarm.pk)).exists()
    return AlarmDetail(
        row=row_of(alarm, clock.now()),
        sentence=sentence_of(alarm),
        instructions=policy_of(alarm.level, rule_of(alarm)).measure,
        rule_code=alarm.rule.code if alarm.rule else "",
        rule_name=alarm.rule.name if alarm.rule else "",
        rule_version=alarm.rule_version.number if alarm.rule_version else None,
        steps=steps_of(alarm),
        value=alarm.value,
        threshold=alarm.threshold,
        unit=known.unit if known else "",
        series_id=alarm.series_id,
        raised_at=alarm.raised_at,
        confirm_due=alarm.confirm_due,
        handle_due=alarm.handle_due,
        confirmed_by=str(alarm.confirmed_by or ""),
        confirmed_at=alarm.confirmed_at,
        arrive_by=alarm.arrive_by,
        cause=alarm.cause,
        measure=alarm.measure,
        retest_value=alarm.retest_value,
        retest_at=alarm.retest_at,
        latest_value=latest.value if latest else None,
        latest_at=latest.ts if latest else None,
        duplicate_of=alarm.duplicate_of.number if alarm.duplicate_of else "",
        lead=alarm.lead.number if alarm.lead else "",
        followers=alarm.followers.count(),
        suppressed_reason=alarm.suppressed_reason,
        life=[_happening(event) for event in alarm.events.select_related("person")],
        told=told_of(alarm),
        photos=photos_of(alarm),
        verbs=offered(alarm) if may else [],
        may_handle=may,
        disposers=_people(alarm) if may and alarm.is_open else [],
        offices=_offices(alarm) if may and alarm.is_open else [],
        related=related(access, alarm),
    )


def sentence_of(alarm: Alarm) -> str:
    """What the rule says, in the words of the version that raised it; empty where no rule did."""
    if alarm.rule_version is None:
        return ""
    try:
        return one_line(RuleDefinition.model_validate(alarm.rule_version.definition))
    except (ValueError, KeyError):
        return ""


def steps_of(alarm: Alarm) -> list[AlarmStep]:
    """The steps of the chain with their names."""
    return [
        AlarmStep(
            code=step["code"],
            passed=step["passed"],
            text=step["text"],
            label=STEP_NAMES.get(step["code"], step["code"]),
        )
        for step in alarm.explanation.get("steps", ())
    ]


def _happening(event: AlarmEvent) -> AlarmHappening:
    state = event.state_after
    return AlarmHappening(
        kind=event.kind,
        at=event.at,
        person=str(event.person or ""),
        note=event.note,
        state=state,
        state_label=AlarmState(state).label if state else "",
        level=event.level,
    )


def photos_of(alarm: Alarm) -> list[AlarmPhotoOut]:
    """The pictures of the place."""
    rows = AlarmPhoto.objects.filter(alarm=alarm).select_related("file", "added_by")
    return [
        AlarmPhotoOut(
            id=row.pk,
            name=row.file.name,
            by=row.added_by.name,
            at=row.added_at,
            url=f"/api/office/alarms/{alarm.number}/photos/{row.pk}",
        )
        for row in rows
    ]


def _people(alarm: Alarm) -> list[AlarmChoice]:
    return [
        AlarmChoice(id=person.pk, name=person.name, note=str(person.organization or ""))
        for person in disposers(alarm)
    ]


def _offices(alarm: Alarm) -> list[AlarmChoice]:
    return [AlarmChoice(id=one.pk, name=one.short_name, note=one.name) for one in dispatch_offices(alarm)]


def related(access: Access, alarm: Alarm) -> list[AlarmRow]:
    """Other alarms of the device, and of its unit or work, in the days before and after."""
    span: tuple[datetime, datetime] = (alarm.opened_at - RELATED_SPAN, alarm.opened_at + RELATED_SPAN)
    rows = visible(access).filter(opened_at__range=span).exclude(pk=alarm.pk)
    near = rows.filter(works_id=alarm.works_id).select_related(*RELATED).defer(*LARGE)
    near = near.filter(unit_id=alarm.unit_id) if alarm.unit_id else near
    now = clock.now()
    ordered = sorted(near[:50], key=lambda a: (a.device_id != alarm.device_id, -a.opened_at.timestamp()))
    return [row_of(other, now) for other in ordered[:MOST_RELATED]]

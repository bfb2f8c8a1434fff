"""What people do with an alarm: confirm, dispatch, start, judge, close, ignore, open again.

Every verb names the version the person saw; who comes second hears who was faster and with what.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, not_found
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, Person
from minfang.supervision.alarms.actions.announcing import announce
from minfang.supervision.alarms.actions.telling import Telling, ensure_wordings, rule_of, send, tell_all
from minfang.supervision.alarms.models import (
    FALSE,
    Alarm,
    AlarmEvent,
    AlarmState,
    Suppression,
    Verdict,
)
from minfang.supervision.alarms.policy import policy_of
from minfang.supervision.alarms.queries.scope import visible
from minfang.supervision.alarms.routing import Directory

S = AlarmState
FROM: dict[str, tuple[AlarmState, ...]] = {
    "confirm": (S.NEW,),
    "dispatch": (S.NEW, S.CONFIRMED, S.DISPATCHED, S.PROCESSING),
    "start": (S.NEW, S.CONFIRMED, S.DISPATCHED),
    "handle": (S.NEW, S.CONFIRMED, S.DISPATCHED, S.PROCESSING),
    "close": (S.RESOLVED,),
    "ignore": (S.NEW, S.CONFIRMED),
    "reopen": (S.RESOLVED, S.CLOSED, S.FALSE_ALARM, S.IGNORED),
}
NAMES = {
    "confirm": "确认",
    "dispatch": "派单",
    "start": "开始处置",
    "handle": "判定",
    "close": "闭环",
    "ignore": "忽略",
    "reopen": "重新打开",
}
REOPEN_WITHIN = timedelta(days=30)
GRAVE = 2
MOST_AT_ONCE = 200


@dataclass
class Said:
    """What a person says with a verb; each verb reads what it needs."""

    note: str = ""
    person_id: int | None = None
    office_id: int | None = None
    platform: bool = False
    arrive_by: datetime | None = None
    verdict: str = ""
    cause: str = ""
    measure: str = ""
    retest_value: float | None = None
    duplicate_of: str = ""


@dataclass
class Act:
    """One verb on one locked alarm."""

    access: Access
    alarm: Alarm
    said: Said
    now: datetime
    note: str = ""

    @property
    def person(self) -> Person:
        """Who acts."""
        return self.access.person


def offered(alarm: Alarm) -> list[str]:
    """The verbs the state of an alarm allows."""
    verbs = [verb for verb, states in FROM.items() if alarm.state in states]
    if alarm.level <= GRAVE and "ignore" in verbs:
        verbs.remove("ignore")
    return verbs


@one_transaction
def act(access: Access, number: str, verb: str, seen: int, said: Said | None = None) -> Alarm:
    """Carry out one verb. Refuses with 404 outside the person's scope, 409 when somebody else was faster."""
    alarm = locked(access, number)
    if alarm.version != seen:
        raise _too_late(alarm)
    if verb not in offered(alarm):
        state = AlarmState(alarm.state).label
        raise Refusal("NOT_NOW", f"该预警{state}，不能{NAMES[verb]}。", "请刷新后核对状态。", status=409)
    before, doing = alarm.state, Act(access, alarm, said or Said(), clock.now())
    VERBS[verb](doing)
    alarm.version += 1
    alarm.save()
    _keep(doing, verb, before)
    announce([alarm])
    return alarm


def locked(access: Access, number: str) -> Alarm:
    """An alarm this person may handle, its row locked; 404 outside what they see, 403 if they only read."""
    row = Alarm.objects.filter(number=number)
    found = (
        visible(access, "iot.handle", row)
        .select_for_update(of=("self",))
        .select_related("works__managing_unit", "unit", "rule_version", "device__floor", "device__room")
        .first()
    )
    if found is not None:
        return found
    if visible(access, "iot.read", row).exists():
        raise forbidden("您没有处置该预警的权限。")
    raise not_found("该预警")


def _too_late(alarm: Alarm) -> Refusal:
    last = alarm.events.filter(person__isnull=False).exclude(kind="TAG").select_related("person").last()
    if last is None or last.person is None:
        text = "该预警刚刚有变化。"
    else:
        at = last.at.astimezone(clock.SHANGHAI)
        text = f"{last.person.name}已于 {at:%H:%M} {last.note or '办理'}。"
    return Refusal("STALE", text, "已为您保留填写内容，请核对最新状态后再办。", status=409)


def _keep(doing: Act, verb: str, before: str) -> None:
    alarm = doing.alarm
    AlarmEvent.objects.create(
        alarm=alarm,
        kind=verb.upper(),
        at=doing.now,
        person=doing.person,
        state_before=before,
        state_after=alarm.state,
        level=alarm.level,
        note=doing.note[:500],
    )
    record(
        f"iot_alarm.{verb}",
        person=doing.person,
        target=alarm.subject,
        summary=f"{NAMES[verb]}预警 {alarm.number}（{alarm.title}）：{doing.note}"[:500],
        before={"state": before},
        after={"state": alarm.state, "verdict": alarm.verdict},
    )


def _required(value: str, path: str, label: str) -> str:
    text = value.strip()
    if not text:
        raise invalid([FieldError(path, label, f"请填写{label}。")])
    return text[:500]


def _confirm(doing: Act) -> None:
    alarm = doing.alarm
    _confirmed(doing)
    alarm.state = S.CONFIRMED
    doing.note = "确认" + (f"：{doing.said.note.strip()}" if doing.said.note.strip() else "")


def _confirmed(doing: Act) -> None:
    alarm = doing.alarm
    if alarm.confirmed_at is None:
        alarm.confirmed_at, alarm.confirmed_by, alarm.next_repeat_at = doing.now, doing.person, None
        if alarm.overdue_kind == "CONFIRM":
            alarm.overdue_kind, alarm.overdue_at = "", None


def _dispatch(doing: Act) -> None:
    alarm, said = doing.alarm, doing.said
    _confirmed(doing)
    if said.platform:
        to = _to_platform(doing)
    elif said.person_id is not None:
        to = _to_person(doing, said.person_id)
    elif said.office_id is not None:
        to = _to_office(doing, said.office_id)
    else:
        raise invalid([FieldError("person_id", "派给", "请选择处置人、单位或人防码平台。")])
    alarm.dispatched_at, alarm.arrive_by, alarm.state = doing.now, said.arrive_by, S.DISPATCHED
    when = f"，约 {said.arrive_by.astimezone(clock.SHANGHAI):%H:%M} 到场" if said.arrive_by else ""
    doing.note = f"派单给{to}{when}"


def _to_person(doing: Act, person_id: int) -> str:
    choices = {person.pk: person for person in disposers(doing.alarm)}
    person = choices.get(person_id)
    if person is None:
        raise invalid([FieldError("person_id", "处置人", "此人不在该工程的处置人之中，请重新选择。")])
    doing.alarm.dispatched_to, doing.alarm.dispatched_office = person, person.organization
    ensure_wordings()
    policy = policy_of(doing.alarm.level, rule_of(doing.alarm))
    send(doing.alarm, person, policy, Telling("MANUAL", "派单"), event="alarm.dispatched")
    return person.name


def _to_office(doing: Act, office_id: int) -> str:
    office = Organization.objects.filter(pk=office_id).first()
    if office is None or office.pk not in {one.pk for one in dispatch_offices(doing.alarm)}:
        raise invalid([FieldError("office_id", "单位", "该单位与此工程无关，请重新选择。")])
    doing.alarm.dispatched_to, doing.alarm.dispatched_office = None, office
    ensure_wordings()
    policy = policy_of(doing.alarm.level, rule_of(doing.alarm))
    for person in Directory().people(office):
        send(doing.alarm, person, policy, Telling("MANUAL", "派单"), event="alarm.dispatched")
    return office.short_name


def _to_platform(doing: Act) -> str:
    doing.alarm.dispatched_to = doing.alarm.dispatched_office = None
    tell_all(doing.alarm, Telling("MANUAL", f"{doing.person.name}派单", at=doing.now), ["RFM"])
    return "人防码平台"


def dispatch_offices(alarm: Alarm) -> list[Organization]:
    """The offices an alarm may be dispatched to: who keeps the work, its district."""
    directory = Directory()
    return [
        office
        for target in ("MANAGING_UNIT", "DISTRICT")
        for office in directory.offices(target, alarm.works)
    ]


def disposers(alarm: Alarm) -> list[Person]:
    """The people an alarm may be dispatched to."""
    directory = Directory()
    return [person for office in dispatch_offices(alarm) for person in directory.people(office)]


def _start(doing: Act) -> None:
    _confirmed(doing)
    doing.alarm.state, doing.alarm.started_at = S.PROCESSING, doing.now
    doing.note = "开始处置" + (f"：{doing.said.note.strip()}" if doing.said.note.strip() else "")


def _handle(doing: Act) -> None:
    alarm, said = doing.alarm, doing.said
    if said.verdict not in Verdict.values:
        raise invalid([FieldError("verdict", "处置判定", "请选择一项判定。")])
    verdict = Verdict(said.verdict)
    alarm.cause = _required(said.cause, "cause", "原因")
    if verdict == Verdict.REAL_FIXED:
        alarm.measure = _required(said.measure, "measure", "措施")
    elif said.measure.strip():
        alarm.measure = said.measure.strip()[:500]
    _confirmed(doing)
    alarm.verdict, alarm.handled_by = verdict, doing.person
    if said.retest_value is not None:
        alarm.retest_value, alarm.retest_at = said.retest_value, doing.now
    doing.note = f"{verdict.label}：{alarm.cause}"
    if verdict == Verdict.REAL_PENDING:
        alarm.state, alarm.started_at = S.PROCESSING, alarm.started_at or doing.now
        return
    alarm.resolved_at = doing.now
    if verdict == Verdict.REAL_FIXED:
        alarm.state = S.RESOLVED
        return
    if verdict == Verdict.DUPLICATE:
        alarm.duplicate_of = _original(alarm, said.duplicate_of)
        doing.note += f"（与 {alarm.duplicate_of.number} 重复）"
    _end(doing, S.FALSE_ALARM if verdict in FALSE else S.CLOSED)


def _original(alarm: Alarm, number: str) -> Alarm:
    """The alarm this one repeats: the one named, else its lead in a storm, else the device's first."""
    others = Alarm.objects.filter(works_id=alarm.works_id).exclude(pk=alarm.pk)
    if number:
        found = others.filter(number=number).first()
    else:
        same = others.filter(device=alarm.device, opened_at__gte=alarm.opened_at - timedelta(days=1))
        found = alarm.lead or same.order_by("opened_at").first()
    if found is None:
        message = "没有找到可关联的预警，请填写同一工程另一条预警的编号。"
        raise invalid([FieldError("duplicate_of", "重复的预警", message)])
    return found


def _end(doing: Act, state: AlarmState) -> None:
    alarm = doing.alarm
    alarm.state, alarm.closed_at, alarm.open_key, alarm.next_repeat_at = state, doing.now, None, None


def _close(doing: Act) -> None:
    alarm, note = doing.alarm, doing.said.note.strip()
    if alarm.cleared_at is None and alarm.source == "RULE" and not note:
        message = "触发条件尚未解除，闭环须说明理由。"
        raise invalid([FieldError("note", "闭环说明", message)], message)
    _end(doing, S.CLOSED)
    doing.note = "复核通过，闭环" + (f"：{note}" if note else "")


def _ignore(doing: Act) -> None:
    note = _required(doing.said.note, "note", "忽略理由")
    _confirmed(doing)
    _end(doing, S.IGNORED)
    doing.note = f"忽略：{note}"


def _reopen(doing: Act) -> None:
    alarm = doing.alarm
    note = _required(doing.said.note, "note", "重新打开的理由")
    if alarm.closed_at is not None and doing.now - alarm.closed_at > REOPEN_WITHIN:
        raise Refusal("TOO_OLD", "闭环超过 30 天，不能重新打开。", "请按新预警处置。", status=409)
    key = f"R{alarm.rule_id}:S{alarm.series_id}" if alarm.rule_id and alarm.series_id else None
    newer = Alarm.objects.filter(open_key=key).exclude(pk=alarm.pk).first() if key else None
    if newer is not None:
        text = f"同一规则、同一测点已有未闭环预警 {newer.number}。"
        raise Refusal("NEWER_OPEN", text, "请在该预警上继续处置。", status=409)
    alarm.state, alarm.closed_at, alarm.resolved_at, alarm.open_key = S.PROCESSING, None, None, key
    alarm.verdict, alarm.suppressed_by, alarm.duplicate_of = "", Suppression.NONE, None
    doing.note = f"重新打开：{note}"


VERBS: dict[str, Callable[[Act], None]] = {
    "confirm": _confirm,
    "dispatch": _dispatch,
    "start": _start,
    "handle": _handle,
    "close": _close,
    "ignore": _ignore,
    "reopen": _reopen,
}


def act_on_many(
    access: Access, verb: str, rows: list[tuple[str, int]], said: Said
) -> list[tuple[str, Alarm | Refusal]]:
    """One verb on many alarms, each in a transaction of its own; a refusal of one leaves the others alone."""
    if len(rows) > MOST_AT_ONCE:
        raise invalid([FieldError("rows", "选中的预警", f"一次最多 {MOST_AT_ONCE} 条。")])
    results: list[tuple[str, Any]] = []
    for number, seen in rows:
        try:
            with transaction.atomic():
                results.append((number, act(access, number, verb, seen, said)))
        except Refusal as refusal:
            results.append((number, refusal))
    return results

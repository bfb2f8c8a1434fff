"""Telling one target of one alarm: messages to the people on duty, or a message to an outside platform."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import F, Max
from django.db.models.functions import Greatest

from minfang.kernel.base import clock
from minfang.kernel.exchange.actions import enqueue
from minfang.kernel.iam.models import Organization, Person
from minfang.kernel.messaging.actions import ensure_templates, notify
from minfang.supervision.alarms import facts
from minfang.supervision.alarms.models import Alarm, AlarmEvent, AlarmPush, PushState, Target
from minfang.supervision.alarms.policy import Policy, policy_of
from minfang.supervision.alarms.routing import PLATFORMS, Directory

WORDINGS = Path(__file__).parents[1] / "definitions" / "messages.toml"
EVENTS = {
    "FIRST": "alarm.raised",
    "LATE": "alarm.raised",
    "RISE": "alarm.risen",
    "REPEAT": "alarm.repeated",
    "FOLLOW_UP": "alarm.gathered",
    "ESCALATE": "alarm.escalated",
    "MANUAL": "alarm.raised",
}
NAMES = dict(Target.choices)


@dataclass
class Telling:
    """One occasion of telling: what it is called, on what ground, for how many more alarms it speaks."""

    kind: str
    ground: str = ""
    followed: int = 0
    directory: Directory = field(default_factory=Directory)
    at: datetime = field(default_factory=clock.now)


def rule_of(alarm: Alarm) -> dict[str, Any] | None:
    """What the rule version that raised it says, for its receivers and limits."""
    return alarm.rule_version.definition if alarm.rule_version is not None else None


def ensure_wordings() -> None:
    """Publish what people are told, on an installation that has not yet."""
    ensure_templates(EVENTS["FIRST"], WORDINGS)


def tell_all(alarm: Alarm, telling: Telling, targets: Sequence[str] = ()) -> list[AlarmPush]:
    """Tell every target of the alarm's level (or those named), and keep for each what came of it."""
    ensure_wordings()
    policy = policy_of(alarm.level, rule_of(alarm))
    pushes: list[AlarmPush] = []
    for target in targets or policy.receivers:
        pushes += tell(alarm, target, policy, telling)
    if not targets:
        for code in policy.organizations:
            pushes += tell(alarm, Target.ORGANIZATION, policy, telling, code)
    told = [NAMES[push.target] for push in pushes if push.state != PushState.NOT_TOLD]
    note = f"{telling.ground or policy.ground}：{'、'.join(dict.fromkeys(told)) or '无人可推'}"
    AlarmEvent.objects.create(
        alarm=alarm,
        kind="PUSHED",
        at=telling.at,
        state_before=alarm.state,
        state_after=alarm.state,
        level=alarm.level,
        note=note[:500],
        data={"kind": telling.kind, "followed": telling.followed, "pushes": len(pushes)},
    )
    Alarm.objects.filter(pk=alarm.pk).update(pushed_at=telling.at)
    alarm.pushed_at = telling.at
    return pushes


def tell(alarm: Alarm, target: str, policy: Policy, telling: Telling, code: str = "") -> list[AlarmPush]:
    """Tell one target. An office without anybody on duty leaves a push that says so."""
    if target in PLATFORMS:
        return [_to_platform(alarm, target, policy, telling)]
    offices = telling.directory.offices(target, alarm.works, code)
    if not offices:
        push = _push(alarm, target, policy, telling, None)
        push.state, push.reason = PushState.NOT_TOLD, f"工程没有登记{NAMES[target]}"
        push.save(force_insert=True)
        return [push]
    leaders = target == Target.CITY_DUTY_LEADER
    return [_to_office(alarm, target, policy, telling, office, leaders) for office in offices]


def _push(
    alarm: Alarm, target: str, policy: Policy, telling: Telling, office: Organization | None
) -> AlarmPush:
    place = str(office.pk) if office is not None else "-"
    before = AlarmPush.objects.filter(alarm=alarm, level=alarm.level, target=target, place=place)
    last = before.aggregate(last=Max("times"))["last"] or 0
    return AlarmPush(
        alarm=alarm,
        level=alarm.level,
        target=target,
        place=place,
        times=last + 1,
        kind=telling.kind,
        organization=office,
        channels=list(policy.channels),
        ground=(telling.ground or policy.ground)[:200],
        followed=telling.followed,
        at=telling.at,
    )


def _to_office(
    alarm: Alarm, target: str, policy: Policy, telling: Telling, office: Organization, leaders: bool
) -> AlarmPush:
    push = _push(alarm, target, policy, telling, office)
    people = telling.directory.people(office, leaders=leaders)
    sent = [message for person in people for message in send(alarm, person, policy, telling)]
    push.people = len({message.person_id for message in sent})
    push.channels = sorted({message.channel for message in sent})
    if not people:
        push.state = PushState.NOT_TOLD
        push.reason = f"{office.short_name}没有{'在岗领导' if leaders else '物联值守人员'}"
    elif not sent:
        push.state, push.reason = PushState.NOT_TOLD, "刚刚已告知同一事项，未重复发送"
    push.save(force_insert=True)
    return push


def send(alarm: Alarm, person: Person, policy: Policy, telling: Telling, event: str = "") -> list[Any]:
    """Messages to one person by the channels of the level."""
    context = {
        "level": policy.name,
        "works": alarm.works.name,
        "place": facts.place_of(alarm),
        "message": alarm.message,
        "number": alarm.number,
        "due": facts.moment_words(alarm.confirm_due if not event else alarm.handle_due),
        "ground": telling.ground or policy.ground,
        "more": telling.followed,
    }
    return notify(
        event or EVENTS[telling.kind],
        subject=alarm.subject,
        context=context,
        person=person,
        channels=policy.channels,
        urgent=True,
    )


def _to_platform(alarm: Alarm, target: str, policy: Policy, telling: Telling) -> AlarmPush:
    push = _push(alarm, target, policy, telling, None)
    push.state, push.channels = PushState.WAITING, ["API"]
    push.save(force_insert=True)
    payload = facts.for_platform(alarm, policy, push)
    connector, dataset = facts.CONNECTORS[target]
    message = enqueue(
        connector,
        dataset,
        subject=alarm.subject,
        payload=payload,
        key=f"{alarm.subject}:{alarm.level}:{target}:{push.times}",
    )
    push.message_id = message.pk
    push.save(update_fields=["message_id"])
    return push


def count_more(group_lead: Alarm, more: int) -> None:
    """Note on the pushes that told of the first alarm for how many more they stand by now."""
    AlarmPush.objects.filter(alarm=group_lead).update(followed=Greatest(F("followed"), more))

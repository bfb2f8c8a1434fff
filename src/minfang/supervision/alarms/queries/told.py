"""Who was told of an alarm, why and with what result; and who was not, and why not."""

from collections import defaultdict

from minfang.kernel.messaging.models import Channel, Message
from minfang.supervision.alarms import facts
from minfang.supervision.alarms.models import Alarm, AlarmPush, Escalation, PushState, Target
from minfang.supervision.alarms.policy import default
from minfang.supervision.alarms.schemas import AlarmTold

OF_ALL = (
    Target.MANAGING_UNIT,
    Target.DISTRICT,
    Target.CITY_DUTY,
    Target.CITY_DUTY_LEADER,
    Target.RFM,
    Target.CITY_PLATFORM,
)
CHANNELS = {"IN_APP": "站内", "SMS": "短信", "API": "接口"}
KINDS = {
    "FIRST": "",
    "RISE": "升级即推，",
    "REPEAT": "重复推送，",
    "ESCALATE": "",
    "FOLLOW_UP": "汇总，",
    "LATE": "补推，",
    "MANUAL": "",
}


def told_of(alarm: Alarm) -> list[AlarmTold]:
    """Every push in its order, then every target that was not told with the reason."""
    pushes = list(alarm.pushes.select_related("organization"))
    messages: dict[int | None, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(subject=alarm.subject).select_related("person").defer("body"):
        if message.person is not None:
            messages[message.person.organization_id].append(message)
    rows = [_told(push, messages.get(push.organization_id, [])) for push in pushes]
    named = {push.target for push in pushes}
    return rows + [_not_told(alarm, target) for target in OF_ALL if target not in named]


def _told(push: AlarmPush, messages: list[Message]) -> AlarmTold:
    through = " + ".join(CHANNELS.get(channel, channel) for channel in push.channels)
    more = f"（另有 {push.followed} 条）" if push.followed else ""
    target = Target(push.target).label
    return AlarmTold(
        id=push.pk,
        target=target,
        name=push.organization.short_name if push.organization else target,
        ground=f"{KINDS.get(push.kind, '')}{push.ground}{more}",
        through=f"{through} {push.people} 人" if push.people else through,
        result=_result(push, messages),
        state=push.state,
        at=push.at,
        reason=push.reason,
        followed=push.followed,
    )


def _result(push: AlarmPush, messages: list[Message]) -> str:
    if push.state != PushState.TOLD:
        return PushState(push.state).label
    since = [message for message in messages if message.created_at >= push.at]
    read = [message for message in since if message.read_at is not None]
    if read:
        first = min(read, key=lambda message: message.read_at or message.created_at)
        name = first.person.name if first.person else ""
        return f"{facts.moment_words(first.read_at)} {name}已读"
    failed = [m for m in since if m.channel == Channel.SMS and m.state == "FAILED"]
    return f"站内已送达，短信失败 {len(failed)} 人" if failed else "已送达，未读"


def _not_told(alarm: Alarm, target: str) -> AlarmTold:
    return AlarmTold(
        id=None,
        target=Target(target).label,
        name=Target(target).label,
        ground="",
        through="",
        result="未推",
        state=PushState.NOT_TOLD,
        at=None,
        reason=_why_not(alarm, target),
        followed=0,
    )


def _why_not(alarm: Alarm, target: str) -> str:
    step = Escalation.objects.filter(alarm=alarm, target=target).order_by("next_due").first()
    if alarm.suppressed_by and target in default(alarm.level).receivers:
        return alarm.suppressed_reason
    if step is not None and step.next_due is not None:
        what = "确认" if step.unless == "CONFIRM" else "处置"
        return f"{facts.moment_words(step.next_due)} 前未{what}才升级"
    if step is not None and step.outcome:
        return step.outcome
    name = default(alarm.level).name
    return "没有推送记录" if target in default(alarm.level).receivers else f"{name}不推"

"""Tags (预警标签): words people put on an alarm to find it again with others of its kind (feature 89)."""

import re
from collections.abc import Sequence

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.actions.announcing import announce
from minfang.supervision.alarms.actions.life import locked
from minfang.supervision.alarms.models import Alarm, AlarmEvent

MOST_TAGS, LONGEST_TAG = 8, 12
TAG = re.compile(r"[\w·-]+")


@one_transaction
def tag(access: Access, number: str, add: Sequence[str], remove: Sequence[str]) -> Alarm:
    """Put tags on an alarm and take others off, whatever somebody else did meanwhile; open or closed.

    Refuses what is no tag or more than eight (422), and alarms outside the person's scope (404).
    """
    wanted = _clean(add)
    alarm = locked(access, number)
    before = list(alarm.tags)
    kept = [one for one in before if one not in remove]
    alarm.tags = kept + [one for one in wanted if one not in kept]
    if len(alarm.tags) > MOST_TAGS:
        raise _wrong(f"一条预警最多 {MOST_TAGS} 个标签，请先移除不用的。")
    if alarm.tags == before:
        return alarm
    alarm.save(update_fields=["tags"])
    _keep(access, alarm, before)
    announce([alarm])
    return alarm


def _clean(tags: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(one.strip() for one in tags if one.strip()))
    if any(len(one) > LONGEST_TAG or not TAG.fullmatch(one) for one in found):
        raise _wrong(f"标签用汉字、字母、数字或 - ·，不超过 {LONGEST_TAG} 个字。")
    return found


def _wrong(message: str) -> Exception:
    return invalid([FieldError("add", "标签", message)], message)


def _keep(access: Access, alarm: Alarm, before: list[str]) -> None:
    put, off = [t for t in alarm.tags if t not in before], [t for t in before if t not in alarm.tags]
    said = [f"加标签“{'、'.join(put)}”"] if put else []
    note = "，".join([*said, *([f"去标签“{'、'.join(off)}”"] if off else [])])
    AlarmEvent.objects.create(
        alarm=alarm,
        kind="TAG",
        at=clock.now(),
        person=access.person,
        state_before=alarm.state,
        state_after=alarm.state,
        level=alarm.level,
        note=note[:500],
    )
    record(
        "iot_alarm.tag",
        person=access.person,
        target=alarm.subject,
        summary=f"{alarm.number}（{alarm.title}）{note}"[:500],
        before={"tags": before},
        after={"tags": alarm.tags},
    )

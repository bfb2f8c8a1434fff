"""An alarm in words and as outside platforms want it described."""

from datetime import datetime
from typing import Any

from minfang.kernel.base import clock
from minfang.registry.models import place_words
from minfang.supervision.alarms.models import Alarm, AlarmPush, Category, Target
from minfang.supervision.alarms.policy import Policy

CONNECTORS: dict[str, tuple[str, str]] = {
    Target.RFM: ("rfm", "task"),
    Target.CITY_PLATFORM: ("city_disposal", "alarm"),
}

PAGES = {"alarm": "/office/alarms?no={}", "anomaly": "/office/anomalies/tasks?no={}"}
"""The page a message leads to, by what its subject names."""


def page_of(subject: str) -> str:
    """The page of the office about a subject such as ``alarm:YJ202607140001``."""
    kind, _, number = subject.partition(":")
    return PAGES[kind].format(number)


def place_of(alarm: Alarm) -> str:
    """Where it is within the work: 层 单元 房间 or the position of the device."""
    device = alarm.device
    if device is None:
        return str(alarm.unit) if alarm.unit else ""
    parts = [part for part in (device.floor, alarm.unit, device.room) if part is not None]
    return " ".join(str(part) for part in parts) or device.position


def moment_words(instant: datetime | None) -> str:
    """``07-14 18:00`` on the clocks of Shanghai."""
    return f"{instant.astimezone(clock.SHANGHAI):%m-%d %H:%M}" if instant else "—"


def for_platform(alarm: Alarm, policy: Policy, push: AlarmPush) -> dict[str, Any]:
    """What a platform gets of an alarm; nothing that names a person."""
    works = alarm.works
    return {
        "alarmNo": alarm.number,
        "pushNo": f"{alarm.number}-{alarm.level}-{push.times}",
        "kind": push.kind,
        "level": alarm.level,
        "levelName": policy.name,
        "category": alarm.category,
        "categoryName": Category(alarm.category).label,
        "title": alarm.title,
        "message": alarm.message,
        "worksNo": works.works_no,
        "worksName": place_words(works),
        "district": works.district_code,
        "position": place_of(alarm),
        "deviceNo": alarm.device.device_no if alarm.device else "",
        "value": alarm.value,
        "threshold": alarm.threshold,
        "occurredAt": alarm.opened_at.astimezone(clock.SHANGHAI).isoformat(timespec="seconds"),
        "handleDue": alarm.handle_due.astimezone(clock.SHANGHAI).isoformat(timespec="seconds")
        if alarm.handle_due
        else "",
        "followed": push.followed,
        "ground": push.ground,
    }

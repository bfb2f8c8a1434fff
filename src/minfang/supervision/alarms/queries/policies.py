"""The policy of levels for people who write rules: what is usual, and whom their alarms would reach."""

from collections.abc import Mapping
from typing import Any

from minfang.kernel.base import clock
from minfang.kernel.workdays.calendar import Calendar
from minfang.kernel.workdays.queries import official_calendar
from minfang.registry.models import Works
from minfang.supervision.alarms import facts
from minfang.supervision.alarms.models import Target
from minfang.supervision.alarms.policy import CONFIRM, WORDS_OF_RULES, Policy, default, later, policy_of
from minfang.supervision.alarms.routing import PLATFORMS, Directory

NAMES = dict(Target.choices)
RULE_WORDS = {word: name for name, word in WORDS_OF_RULES.items()}
WAYS = {"IN_APP": "站内消息", "SMS": "短信"}


def usual() -> list[dict[str, Any]]:
    """The handling of the four levels where a rule says nothing, in the words of rules."""
    return [_usual(default(level)) for level in (1, 2, 3, 4)]


def _usual(policy: Policy) -> dict[str, Any]:
    return {
        "level": policy.level,
        "receivers": [RULE_WORDS.get(name, name) for name in policy.receivers if name != Target.RFM],
        "sms": "SMS" in policy.channels,
        "code_platform": Target.RFM in policy.receivers,
        "confirm_minutes": policy.confirm_minutes,
        "confirm_workdays": policy.workdays_confirm,
        "handle_minutes": policy.handle_minutes,
        "handle_workdays": policy.workdays_handle,
        "escalate": [vars(step) for step in policy.escalate],
    }


def reach(definition: Mapping[str, Any], works_id: int) -> list[dict[str, Any]]:
    """Whom alarms of a definition would reach at a work, and until when, if they were raised now."""
    works = Works.objects.select_related("managing_unit").get(pk=works_id)
    directory, calendar = Directory(), official_calendar()
    levels = sorted(level["level"] for level in definition["levels"])
    return [_reach(policy_of(level, definition), works, directory, calendar) for level in levels]


def _reach(policy: Policy, works: Works, directory: Directory, calendar: Calendar) -> dict[str, Any]:
    now = clock.now()
    told = [who for name in policy.receivers for who in _who(name, works, directory)]
    for code in policy.organizations:
        told += _who(Target.ORGANIZATION, works, directory, code)
    steps = [
        {
            "at": facts.moment_words(later(now, step.after, calendar, step.workdays)),
            "unless": "确认" if step.unless == CONFIRM else "处置",
            "told": _who(step.target, works, directory),
        }
        for step in policy.escalate
    ]
    return {
        "level": policy.level,
        "told": told,
        "ways": "、".join(WAYS[way] for way in policy.channels),
        "confirm_by": facts.moment_words(policy.confirm_due(now, calendar)),
        "handle_by": facts.moment_words(policy.handle_due(now, calendar)),
        "steps": steps,
    }


def _who(target: str, works: Works, directory: Directory, code: str = "") -> list[dict[str, Any]]:
    if target in PLATFORMS:
        return [{"target": NAMES[target], "office": "", "people": None}]
    offices = directory.offices(target, works, code)
    if not offices:
        return [{"target": NAMES[target], "office": "", "people": 0}]
    leaders = target == Target.CITY_DUTY_LEADER
    return [
        {
            "target": NAMES[target],
            "office": office.short_name or office.name,
            "people": len(directory.people(office, leaders=leaders)),
        }
        for office in offices
    ]

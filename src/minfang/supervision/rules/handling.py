"""Who is told at a level and how long they have: in words, and what the ledger of alarms does with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minfang.kernel.base.errors import FieldError
from minfang.kernel.iam.models import Organization
from minfang.supervision.rules.comparisons import lasting
from minfang.supervision.rules.definition import DAY_MINUTES, Handling, HandlingStep, RuleDefinition

RECEIVERS = {
    "CITY_PLATFORM": "市级处置平台",
    "CITY": "市级值守",
    "DISTRICT": "所在区",
    "MANAGING_UNIT": "管理单位",
}
WAYS = {"SMS": "短信", "PHONE": "电话", "INBOX": "站内消息"}
STEPS = {
    "MANAGING_UNIT": "管理单位",
    "DISTRICT": "所在区",
    "CITY_DUTY": "市级值守",
    "CITY_DUTY_LEADER": "市值班领导",
    "CITY_PLATFORM": "市级处置平台",
}
UNLESS = {"CONFIRM": "确认", "HANDLE": "处置"}


@dataclass(frozen=True)
class Ledger:
    """What the ledger of alarms tells: the usual handling of the four levels, and whom a definition's alarms
    would reach at a work (by its id) if they were raised now.
    """

    usual: Callable[[], list[dict[str, Any]]]
    reach: Callable[[Mapping[str, Any], int], list[dict[str, Any]]]


_ledger: list[Ledger] = []


def register_ledger(ledger: Ledger) -> None:
    """The ledger of alarms makes itself known."""
    _ledger[:] = [ledger]


def usual() -> list[dict[str, Any]]:
    """The handling of each level where a rule says nothing."""
    return _ledger[0].usual() if _ledger else []


def reach(definition: Mapping[str, Any], works_id: int) -> list[dict[str, Any]]:
    """Whom alarms of a definition would reach at a work."""
    return _ledger[0].reach(definition, works_id) if _ledger else []


def limit_words(minutes: int, workdays: bool) -> str:
    """10 分钟, 2 小时, 3 个工作日, 1 个工作日又 2 小时."""
    if not workdays:
        return lasting(minutes * 60)
    days, rest = divmod(minutes, DAY_MINUTES)
    parts = [f"{days} 个工作日"] if days else []
    return "又 ".join([*parts, lasting(rest * 60)] if rest else parts)


def step_words(step: HandlingStep) -> str:
    """10 分钟未确认报市值班领导."""
    after = limit_words(step.after, step.workdays)
    return f"{after}未{UNLESS[step.unless]}报{STEPS[step.target]}"


def words(own: Handling) -> str:
    """What a rule says of one level; what it leaves out is named as usual."""
    people = [RECEIVERS[word] for word in own.receivers if word in RECEIVERS]
    if own.organizations:
        people.append(f"指定 {len(own.organizations)} 个单位")
    ways = [WAYS[word] for word in own.receivers if word in WAYS]
    parts = [f"推送{'、'.join(people)}" if people else "推送对象按缺省"]
    if ways:
        parts.append(f"以{'、'.join(ways)}")
    for kind, name in (("confirm", "确认"), ("handle", "处置")):
        minutes, days = getattr(own, f"{kind}_minutes"), getattr(own, f"{kind}_workdays")
        if minutes is not None:
            parts.append(f"{limit_words(minutes, own.workdays if days is None else days)}内{name}")
    if own.escalate is not None:
        parts.append("；".join(map(step_words, own.escalate)) or "不升级")
    elif own.escalate_to:
        parts.append(f"未确认报{STEPS[own.escalate_to]}")
    if own.measure:
        parts.append(f"处置措施：{own.measure}")
    return "，".join(parts)


def faults(rule: RuleDefinition) -> list[FieldError]:
    """What the shape cannot show: levels the rule does not have, offices nobody knows."""
    levels = {level.level for level in rule.levels}
    codes = {code for own in rule.handling for code in own.organizations}
    known = set(Organization.objects.filter(code__in=codes).values_list("code", flat=True))
    found = []
    for i, own in enumerate(rule.handling):
        if own.level not in levels:
            found.append(
                FieldError(f"handling.{i}.level", "推送与时限", "规则没有这一级，请去掉这一级的推送与时限。")
            )
        unknown = "、".join(code for code in own.organizations if code not in known)
        if unknown:
            found.append(FieldError(f"handling.{i}.organizations", "推送单位", f"没有单位 {unknown}。"))
    return found

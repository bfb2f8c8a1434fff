"""What the pages of the rules show."""

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from pydantic import ValidationError

from minfang.kernel.base import clock
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization
from minfang.registry import districts
from minfang.registry.models import Device, ProtectiveUnit, Works
from minfang.supervision.rules import handling, previewing, sentence, template
from minfang.supervision.rules.actions.editing import rule_of
from minfang.supervision.rules.actions.frequencies import users_of
from minfang.supervision.rules.definition import RuleDefinition
from minfang.supervision.rules.models import (
    AlarmRule,
    AlarmRuleVersion,
    Backtest,
    FrequencyThreshold,
    VersionState,
)
from minfang.supervision.telemetry import metrics

CATEGORIES = {
    "ENV": "环境",
    "GAS": "气体",
    "WATER": "涉水",
    "PROTECT": "防护设备",
    "VENT": "通风",
    "SECURITY": "安防",
    "POWER": "电力",
    "STRUCT": "结构",
    "DEVICE": "设备自身",
}
SORTS = ("code", "-code", "name", "-name", "category", "-category", "changed_at", "-changed_at")


@dataclass(frozen=True)
class Figures:
    """Alarms of a rule in the last thirty days, and how many of the judged were false."""

    alarms: int
    judged: int
    false: int


CountAlarms = Callable[[list[int], timedelta], dict[int, Figures]]
_figures: list[CountAlarms] = []


def register_figures(fn: CountAlarms) -> None:
    """The ledger of alarms tells the figures of rules: ``fn(rule ids, how far back)``."""
    _figures[:] = [fn]


@dataclass(frozen=True)
class RulesAsked:
    """Filters of the list."""

    keyword: str = ""
    category: str = ""
    metric: str = ""
    state: str = ""
    sort: str = "code"
    page: int = 1
    size: int = 20


def rules_asked(asked: RulesAsked) -> QuerySet[AlarmRule]:
    """The filtered list."""
    rows = AlarmRule.objects.all()
    if asked.keyword:
        rows = rows.filter(Q(code__icontains=asked.keyword) | Q(name__icontains=asked.keyword))
    if asked.category:
        rows = rows.filter(category=asked.category)
    if asked.metric:
        rows = rows.filter(versions__live_key__isnull=False, versions__definition__metric=asked.metric)
    live = Q(versions__live_key__isnull=False)
    if asked.state == "LIVE":
        rows = rows.filter(live, enabled=True)
    elif asked.state == "OFF":
        rows = rows.filter(enabled=False)
    elif asked.state == "DRAFT":
        rows = rows.filter(versions__draft_key__isnull=False)
    elif asked.state == "NEW":
        rows = rows.exclude(pk__in=AlarmRule.objects.filter(live).values("pk"))
    sort = asked.sort if asked.sort in SORTS else "code"
    return rows.order_by(sort, "code")


def rule_list(asked: RulesAsked) -> dict[str, Any]:
    """One page of the list."""
    rows = rules_asked(asked)
    begin = (max(asked.page, 1) - 1) * asked.size
    page = list(rows.prefetch_related(_versions())[begin : begin + asked.size])
    return {"total": rows.count(), "rows": _shown(page), "has_figures": bool(_figures)}


def _versions() -> "Prefetch[Any]":
    kept = AlarmRuleVersion.objects.exclude(state=VersionState.RETIRED).order_by("number")
    return Prefetch("versions", kept, to_attr="current")


def _shown(rules: list[AlarmRule]) -> list[dict[str, Any]]:
    figures = _figures[0]([rule.pk for rule in rules], timedelta(days=30)) if _figures else {}
    return [_row(rule, figures.get(rule.pk)) for rule in rules]


def _row(rule: AlarmRule, figures: Figures | None) -> dict[str, Any]:
    versions: Iterable[AlarmRuleVersion] = rule.current  # type: ignore[attr-defined]
    live = next((v for v in versions if v.state == VersionState.PUBLISHED), None)
    draft = next((v for v in versions if v.state == VersionState.DRAFT), None)
    definition = read(live or draft)
    metric = metrics.catalogue().get(definition.metric) if definition else None
    state = "NEW" if live is None else "LIVE" if rule.enabled else "OFF"
    return {
        "id": rule.pk,
        "code": rule.code,
        "name": rule.name,
        "category": rule.category,
        "category_name": CATEGORIES.get(rule.category, rule.category),
        "metric": definition.metric if definition else "",
        "metric_name": metric.name if metric else "",
        "sentence": sentence.one_line(definition) if definition and metric else "",
        "scope": sentence.scope_words(definition.scope) if definition else "",
        "levels": [level.level for level in definition.levels] if definition else [],
        "state": state,
        "off_reason": rule.off_reason,
        "version": live.number if live else None,
        "draft": draft.number if draft else None,
        "live_now": state == "LIVE" and definition is not None and previewing.live_now(definition),
        "alarms": figures.alarms if figures else None,
        "false_share": figures.false / figures.judged if figures and figures.judged else None,
        "changed_at": rule.changed_at,
    }


def read(version: AlarmRuleVersion | None) -> RuleDefinition | None:
    """The definition of a stored version, if it can be read."""
    try:
        return RuleDefinition.model_validate(version.definition) if version else None
    except ValidationError:
        return None


def as_csv(asked: RulesAsked) -> str:
    """The filtered list as a file a spreadsheet opens."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["规则编号", "名称", "类别", "监测类型", "规则", "状态", "版本"])
    names = {"NEW": "未发布", "LIVE": "启用", "OFF": "停用"}
    for row in _shown(list(rules_asked(asked).prefetch_related(_versions()))):
        cells = [row["code"], row["name"], row["category_name"], row["metric_name"], row["sentence"]]
        writer.writerow([_plain(cell) for cell in [*cells, names[row["state"]], row["version"] or ""]])
    return "\ufeff" + out.getvalue()


def _plain(cell: Any) -> str:
    """A cell a spreadsheet does not take for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in "=+-@\t" else text


def rule_detail(rule_id: int) -> dict[str, Any]:
    """One rule with its versions, newest first."""
    rule = AlarmRule.objects.filter(pk=rule_of(rule_id).pk).prefetch_related(_versions())[0]
    versions = list(rule.versions.select_related("created_by", "published_by").order_by("-number"))
    live = next((v for v in versions if v.state == VersionState.PUBLISHED), None)
    draft = next((v for v in versions if v.state == VersionState.DRAFT), None)
    return {
        **_shown([rule])[0],
        "live": live and version_shown(live),
        "editing": draft and version_shown(draft),
        "versions": [_entry(version) for version in versions],
    }


def _entry(version: AlarmRuleVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "state": version.state,
        "reason": version.reason,
        "created_by": version.created_by.name if version.created_by else "系统",
        "published_by": version.published_by.name if version.published_by else "系统",
        "published_at": version.published_at,
        "retired_at": version.retired_at,
    }


def version_shown(version: AlarmRuleVersion) -> dict[str, Any]:
    """A version with its definition and in words."""
    definition = read(version)
    told = sentence.lines(definition) if definition and definition.metric in metrics.catalogue() else []
    return {
        "number": version.number,
        "state": version.state,
        "edit": version.edit,
        "definition": version.definition,
        "lines": [{"key": key, "label": label, "text": text} for key, label, text in told],
    }


def version(rule_id: int, number: int) -> dict[str, Any]:
    """One version of a rule."""
    found = AlarmRuleVersion.objects.filter(rule_id=rule_id, number=number).first()
    if found is None:
        raise not_found("该版本")
    return version_shown(found)


def compare(rule_id: int, old: int, new: int) -> dict[str, Any]:
    """Two versions line by line; ``changed`` where their words differ."""
    left, right = version(rule_id, old), version(rule_id, new)
    before = {line["key"]: line for line in left["lines"]}
    after = {line["key"]: line for line in right["lines"]}
    keys = [*before, *(key for key in after if key not in before)]
    rows = []
    for key in keys:
        a, b = before.get(key), after.get(key)
        words = (a["text"] if a else "", b["text"] if b else "")
        label = (a or b or {})["label"]
        rows.append(
            {"key": key, "label": label, "old": words[0], "new": words[1], "changed": words[0] != words[1]}
        )
    return {"old": old, "new": new, "lines": rows}


def frequency_list() -> list[dict[str, Any]]:
    """The named frequency thresholds and who uses them."""
    return [
        {
            "code": row.code,
            "name": row.name,
            "times": row.times,
            "span_seconds": row.span_seconds,
            "version": row.version,
            "used_by": users_of(row.code),
        }
        for row in FrequencyThreshold.objects.all()
    ]


def options() -> dict[str, Any]:
    """What the words of the sentence may be changed to."""
    return {
        "categories": [{"value": code, "label": name} for code, name in CATEGORIES.items()],
        "metrics": [
            {
                "code": metric.code,
                "name": metric.name,
                "unit": metric.unit,
                "kind": metric.kind,
                "category": metric.category,
                "low": metric.low,
                "high": metric.high,
                "words": list(metric.words),
            }
            for metric in metrics.catalogue().values()
        ],
        "districts": [
            {"value": row.code, "label": row.name} for row in districts.all_regions() if not row.is_city
        ],
        "design": [{"value": code, "label": name} for code, name in sentence.DESIGN.items()],
        "placeholders": [{"value": code, "label": name} for code, name in template.PLACEHOLDERS.items()],
        "receivers": [{"value": code, "label": name} for code, name in handling.RECEIVERS.items()],
        "steps": [{"value": code, "label": name} for code, name in handling.STEPS.items()],
        "usual": handling.usual(),
        "frequencies": frequency_list(),
    }


def targets(access: Access, kind: str, keyword: str) -> list[dict[str, str]]:
    """Works, units or devices a scope may name, as far as this person sees them; offices a rule may tell; and
    rules a silence may name.
    """
    if kind in ("organization", "rule"):
        return _coded(Organization if kind == "organization" else AlarmRule, keyword)
    works = Works.objects.visible_to(access, "iot.read")
    rows: Any
    if kind == "works":
        rows = works.filter(Q(works_no__icontains=keyword) | Q(name__icontains=keyword))
        return [{"value": row.works_no, "label": row.name} for row in rows[:30]]
    if kind == "unit":
        rows = ProtectiveUnit.objects.filter(works__in=works).select_related("works")
        rows = rows.filter(Q(unit_no__icontains=keyword) | Q(works__name__icontains=keyword))
        return [{"value": row.unit_no, "label": f"{row.works.name} {row.name}"} for row in rows[:30]]
    rows = Device.objects.visible_to(access, "iot.read").filter(retired_at=None).select_related("works")
    named = Q(name__icontains=keyword) | Q(works__name__icontains=keyword)
    rows = rows.filter(named | Q(device_no__icontains=keyword))
    return [{"value": row.device_no, "label": f"{row.works.name} {row.name}"} for row in rows[:30]]


def _coded(model: type[Organization] | type[AlarmRule], keyword: str) -> list[dict[str, str]]:
    rows = model._default_manager.filter(Q(code__icontains=keyword) | Q(name__icontains=keyword))
    return [{"value": row.code, "label": row.name} for row in rows.order_by("code")[:30]]


def backtests(rule_id: int, access: Access) -> list[dict[str, Any]]:
    """The last back-tests of a rule, without their reports."""
    rows = Backtest.objects.filter(rule_id=rule_of(rule_id).pk).select_related("ordered_by")[:20]
    return [_trial(row, access) for row in rows]


def backtest(number: int, access: Access) -> dict[str, Any]:
    """One back-test with its report; only who ordered it sees which devices it names."""
    row = Backtest.objects.filter(pk=number, ordered_by=access.person).select_related("ordered_by").first()
    if row is None:
        raise not_found("该回测")
    return {**_trial(row, access), "report": row.report}


def _trial(row: Backtest, access: Access) -> dict[str, Any]:
    return {
        "id": row.pk,
        "mine": row.ordered_by_id == access.person.pk,
        "state": row.state,
        "progress": row.progress,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "ordered_by": row.ordered_by.name if row.ordered_by else "系统",
        "ordered_at": row.ordered_at,
        "error": row.error,
        "alarms": row.report["alarms"] if row.report else None,
        "now": clock.now(),
    }

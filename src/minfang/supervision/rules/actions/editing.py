"""Writing rules: new ones, drafts, copies, switching on and off."""

import re
from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid, not_found, stale
from minfang.kernel.iam.models import Person
from minfang.supervision.rules import checking, queries
from minfang.supervision.rules.models import AlarmRule, AlarmRuleVersion, VersionState
from minfang.supervision.telemetry import metrics

CODE = re.compile(r"[A-Z][A-Z0-9_-]{1,39}")
CATEGORIES = ("ENV", "GAS", "WATER", "PROTECT", "VENT", "SECURITY", "POWER", "STRUCT", "DEVICE")


def rule_of(rule_id: int, *, locked: bool = False) -> AlarmRule:
    """A rule by its id; 404 without one."""
    rows = AlarmRule.objects.select_for_update() if locked else AlarmRule.objects.all()
    rule = rows.filter(pk=rule_id).first()
    if rule is None:
        raise not_found("该规则")
    return rule


def draft_of(rule: AlarmRule) -> AlarmRuleVersion:
    """Its draft; 404 without one."""
    draft = AlarmRuleVersion.objects.filter(draft_key=rule.pk).first()
    if draft is None:
        raise not_found("该规则的草稿")
    return draft


def require_reason(reason: str) -> str:
    """A reason of at least four characters."""
    text = reason.strip()
    if len(text) < 4:
        raise invalid([FieldError("reason", "理由", "请写明理由，至少 4 个字。")])
    return text[:200]


@transaction.atomic
def create_rule(person: Person, code: str, name: str, category: str, definition: Any) -> AlarmRule:
    """A new rule with its first draft; nothing watches by it until it is published."""
    _check_names(code, name, category)
    data = checking.plain(checking.parse(definition))
    rule = AlarmRule.objects.create(code=code, name=name.strip(), category=category, created_by=person)
    _add_draft(rule, person, data)
    record("rule.draft", person=person, target=rule, summary=f"新建预警规则 {code} {rule.name}")
    return rule


def _check_names(code: str, name: str, category: str) -> None:
    faults = []
    if not CODE.fullmatch(code):
        faults.append(FieldError("code", "规则编号", "用大写字母开头的字母、数字、横线，2–40 位。"))
    elif AlarmRule.objects.filter(code=code).exists():
        faults.append(FieldError("code", "规则编号", f"编号 {code} 已被使用。"))
    if not name.strip():
        faults.append(FieldError("name", "名称", "请填写规则名称。"))
    if category not in CATEGORIES:
        faults.append(FieldError("category", "类别", "请选择预警类别。"))
    if faults:
        raise invalid(faults)


def _add_draft(rule: AlarmRule, person: Person | None, data: dict[str, Any]) -> AlarmRuleVersion:
    newest = rule.versions.order_by("-number").first()
    return AlarmRuleVersion.objects.create(
        rule=rule,
        number=newest.number + 1 if newest else 1,
        definition=data,
        digest=checking.digest(data),
        created_by=person,
        draft_key=rule.pk,
    )


@transaction.atomic
def new_draft(person: Person, rule_id: int, version: int | None = None) -> AlarmRuleVersion:
    """The rule's draft; made from a version (the one in force by default) if there is none."""
    rule = rule_of(rule_id, locked=True)
    draft = AlarmRuleVersion.objects.filter(draft_key=rule.pk).first()
    if draft is not None:
        return draft
    rows = rule.versions.all()
    source = rows.filter(number=version).first() if version else rows.filter(live_key=rule.pk).first()
    if source is None:
        raise not_found("该版本")
    draft = _add_draft(rule, person, source.definition)
    record("rule.draft", person=person, target=rule, summary=f"自第 {source.number} 版起草 {rule.code}")
    return draft


@transaction.atomic
def save_draft(person: Person, rule_id: int, edit: int, name: str, definition: Any) -> AlarmRuleVersion:
    """Keep an edited draft; ``edit`` is the saving the editor had before them."""
    rule = rule_of(rule_id, locked=True)
    draft = draft_of(rule)
    if draft.edit != edit:
        raise stale("这份草稿刚刚被他人改过。")
    data = checking.plain(checking.parse(definition))
    if not name.strip():
        raise invalid([FieldError("name", "名称", "请填写规则名称。")])
    draft.definition, draft.digest = data, checking.digest(data)
    draft.edit, draft.changed_at = edit + 1, clock.now()
    draft.save(update_fields=["definition", "digest", "edit", "changed_at"])
    if name.strip() != rule.name:
        rule.name, rule.changed_at = name.strip()[:80], clock.now()
        rule.save(update_fields=["name", "changed_at"])
    record("rule.draft", person=person, target=rule, summary=f"修改 {rule.code} 的草稿")
    return draft


@transaction.atomic
def drop_draft(person: Person, rule_id: int) -> None:
    """Throw a draft away; a rule that was never published goes with it."""
    rule = rule_of(rule_id, locked=True)
    draft_of(rule).delete()
    record("rule.draft_dropped", person=person, target=rule, summary=f"放弃 {rule.code} 的草稿")
    if not rule.versions.exists():
        rule.delete()


@transaction.atomic
def copy_rule(person: Person, rule_id: int, code: str, name: str) -> AlarmRule:
    """A new rule whose draft says what this one says now."""
    source = rule_of(rule_id)
    rows = source.versions.order_by("-number")
    version = rows.filter(state=VersionState.PUBLISHED).first() or rows.first()
    if version is None:
        raise not_found("该规则的内容")
    return create_rule(person, code, name, source.category, version.definition)


@transaction.atomic
def switch(person: Person, rule_id: int, enabled: bool, reason: str) -> AlarmRule:
    """Switch a published rule on or off; open alarms stay and clear by themselves."""
    rule = rule_of(rule_id, locked=True)
    text = require_reason(reason)
    if rule.enabled == enabled:
        raise Refusal("NO_CHANGE", "规则已经是这个状态。", "请刷新后再看。", status=409)
    rule.enabled, rule.off_reason = enabled, "" if enabled else text
    rule.revision, rule.changed_at = rule.revision + 1, clock.now()
    rule.save(update_fields=["enabled", "off_reason", "revision", "changed_at"])
    record(
        "rule.switched",
        person=person,
        target=rule,
        summary=f"{'启用' if enabled else '停用'}规则 {rule.code} {rule.name}",
        reason=text,
    )
    transaction.on_commit(queries.forget_engine)
    return rule


def blank(metric: str = "TEMP") -> dict[str, Any]:
    """What the editor begins with."""
    known = metrics.catalogue().get(metric)
    top = known.normal_high if known and known.normal_high is not None else 1.0
    return {
        "metric": metric,
        "levels": [{"level": 3, "when": [{"kind": "compare", "op": "gt", "value": top}]}],
        "message": "${place}${metric}${value}${unit_name}，超过${threshold}${unit_name}",
    }

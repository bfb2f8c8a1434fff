"""Set when lights change and who is reminded."""

import tomllib
from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid, not_found
from minfang.kernel.iam.models import Person, Role
from minfang.services import warning_rules
from minfang.services.clock_models import ClockKind, WarningRule
from minfang.services.matters import DEFINITIONS
from minfang.services.models import Matter

FIELDS = ("light_ratio", "light_days", "remind_days", "remind_overdue", "remind_hour", "copy_roles")
LONGEST_DAYS = 365


@transaction.atomic
def load_defaults() -> None:
    """Create the default rules where there are none; what the office has set stays."""
    for row in tomllib.loads((DEFINITIONS / "warnings.toml").read_text())["rule"]:
        values = {name: row[name] for name in FIELDS}
        WarningRule.objects.get_or_create(
            matter_code="", clock=row["clock"], defaults={**values, "updated_at": clock.now()}
        )
    warning_rules.forget()


@transaction.atomic
def set_rule(person: Person, matter_code: str, kind: str, values: dict[str, Any], reason: str) -> WarningRule:
    """Change lights and reminders of a clock, for one matter or (empty code) for all without their own."""
    if kind not in ClockKind.values or (matter_code and not Matter.objects.filter(code=matter_code).exists()):
        raise not_found("该时限")
    _check(values, reason)
    before = WarningRule.objects.select_for_update().filter(matter_code=matter_code, clock=kind).first()
    was = {name: getattr(before, name) for name in FIELDS} if before else None
    chosen = {name: values[name] for name in FIELDS}
    chosen["remind_days"] = sorted(set(chosen["remind_days"]), reverse=True)
    rule, _ = WarningRule.objects.update_or_create(
        matter_code=matter_code,
        clock=kind,
        defaults={**chosen, "updated_at": clock.now(), "updated_by": person.name},
    )
    record(
        "limit.warning.set",
        person=person,
        target=f"warning:{matter_code or '*'}:{kind}",
        summary=f"调整预警规则 {rule}",
        before=was,
        after=chosen,
        reason=reason,
    )
    transaction.on_commit(warning_rules.forget)
    return rule


def _check(values: dict[str, Any], reason: str) -> None:
    faults = []
    if not 0 < values["light_ratio"] <= 1:
        faults.append(FieldError("light_ratio", "黄灯比例", "请填大于 0、不超过 1 的数，如 0.7。"))
    if not 0 <= values["remind_hour"] <= 23:
        faults.append(FieldError("remind_hour", "提醒时刻", "请填 0 到 23 点。"))
    if any(not 0 <= day <= LONGEST_DAYS for day in values["remind_days"]) or len(values["remind_days"]) > 10:
        faults.append(FieldError("remind_days", "提前提醒", "请填 0 到 365 天，最多 10 个。"))
    known = set(Role.objects.filter(code__in=values["copy_roles"]).values_list("code", flat=True))
    if unknown := [code for code in values["copy_roles"] if code not in known]:
        faults.append(FieldError("copy_roles", "抄送", f"没有这样的角色：{'、'.join(unknown)}。"))
    if not reason.strip():
        faults.append(FieldError("reason", "调整原因", "请写明调整原因，将记入审计日志。"))
    if faults:
        raise invalid(faults)


@transaction.atomic
def drop_rule(person: Person, matter_code: str, kind: str, reason: str) -> None:
    """Let a matter follow the default again."""
    rule = WarningRule.objects.select_for_update().filter(matter_code=matter_code, clock=kind).first()
    if rule is None or not matter_code:
        raise not_found("该事项的专用规则")
    record(
        "limit.warning.set",
        person=person,
        target=f"warning:{matter_code}:{kind}",
        summary=f"{rule} 改用缺省规则",
        reason=reason,
    )
    rule.delete()
    transaction.on_commit(warning_rules.forget)

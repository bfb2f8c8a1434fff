"""Set how long a matter may take."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid, not_found
from minfang.kernel.iam.models import Person
from minfang.services import matters
from minfang.services.actions import publishing
from minfang.services.clock_models import LimitOverride
from minfang.services.matters import DEFINITIONS
from minfang.services.models import MatterVersion

LONGEST_DAYS = 365


@transaction.atomic
def set_limit(
    person: Person, matter_code: str, name: str, days: int, unit: str, reason: str
) -> MatterVersion:
    """Change a time limit of a matter: a new version for new applications; running cases keep theirs."""
    current = matters.current_version(matter_code)
    limits = current.definition["limits"]
    if name not in limits or not isinstance(limits[name], dict):
        raise not_found("该时限")
    _check(limits, name, days, unit, reason)
    LimitOverride.objects.update_or_create(
        matter_code=matter_code,
        name=name,
        defaults={"days": days, "unit": unit, "updated_at": clock.now(), "updated_by": person.name},
    )
    version = publishing.publish_matter(DEFINITIONS / matter_code)
    record(
        "limit.days.set",
        person=person,
        target=f"matter:{matter_code}",
        summary=f"{current.matter.name} {name} 改为 {days} {'个工作日' if unit == 'working' else '日'}",
        before={name: limits[name], "version": current.version},
        after={name: {"days": days, "unit": unit}, "version": version.version},
        reason=reason,
    )
    transaction.on_commit(matters.forget)
    return version


def _check(limits: dict[str, Any], name: str, days: int, unit: str, reason: str) -> None:
    faults, legal = [], limits.get("legal", {})
    if not 1 <= days <= LONGEST_DAYS:
        faults.append(FieldError("days", "天数", "请填 1 到 365 天。"))
    if name == "promise" and unit == legal.get("unit") and days > legal.get("days", days):
        faults.append(FieldError("days", "天数", f"承诺时限不能长于法定时限（{legal['days']} 天）。"))
    if unit not in ("working", "natural"):
        faults.append(FieldError("unit", "单位", "请选择工作日或自然日。"))
    if not reason.strip():
        faults.append(FieldError("reason", "调整原因", "请写明调整原因，将记入审计日志。"))
    if faults:
        raise invalid(faults)

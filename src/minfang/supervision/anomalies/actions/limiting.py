"""Setting the limits of the repeat model (feature 92)."""

from django.db import IntegrityError, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, not_found, stale
from minfang.kernel.iam.access import Access
from minfang.supervision.alarms.queries.scope import city_wide
from minfang.supervision.anomalies.limits import NAMES, Limit, Limits, words
from minfang.supervision.anomalies.models import RepeatLimit

LEAST_TIMES, MOST_TIMES, MOST_HOURS = 2, 1000, 720.0


def change(access: Access, category: str, seen: int, wanted: Limit | None, note: str) -> RepeatLimit:
    """Set the limit of a category for the whole city, or (None) put the shipped one in force again.

    Only administrators of the city may; refuses what is out of range (422) and a change that did not see
    the last one (409).
    """
    if not city_wide(access, "iot.configure"):
        raise forbidden("重复报警阈值全市统一，由市级物联管理员设置。")
    if category not in NAMES:
        raise not_found("该类别")
    if faults := _faults(wanted, note.strip()):
        raise invalid(faults)
    try:
        return _write(access, category, seen, wanted, note.strip())
    except IntegrityError as error:
        raise _too_late() from error


@transaction.atomic
def _write(access: Access, category: str, seen: int, wanted: Limit | None, note: str) -> RepeatLimit:
    limits = Limits()
    last, before = limits.changed.get(category), limits.own(category)
    if (last.version if last else 0) != seen:
        raise _too_late()
    row = RepeatLimit.objects.create(
        category=category,
        version=seen + 1,
        note=note,
        person=access.person,
        **(vars(wanted) if wanted else {}),
    )
    now = Limits().own(category)
    record(
        "anomaly.limit",
        person=access.person,
        target=f"repeat_limit:{category}",
        summary=f"重复报警阈值（{NAMES[category]}）：{words(now)}；{note}"[:500],
        before=vars(before) if before else {},
        after=vars(now) if now else {},
    )
    return row


def _too_late() -> Refusal:
    return stale("该阈值刚刚被他人改过，请核对后再改。")


def _faults(wanted: Limit | None, note: str) -> list[FieldError]:
    found = [] if note else [FieldError("note", "理由", "请写明修改理由。")]
    if wanted is None:
        return found
    if not LEAST_TIMES <= wanted.times <= MOST_TIMES:
        found.append(FieldError("times", "次数", f"次数应在 {LEAST_TIMES} 到 {MOST_TIMES} 之间。"))
    for name, label in (("hours", "时间窗"), ("open_hours", "未闭环时长")):
        if not 0 < getattr(wanted, name) <= MOST_HOURS:
            found.append(FieldError(name, label, f"{label}应大于 0、不超过 {MOST_HOURS:g} 小时。"))
    return found

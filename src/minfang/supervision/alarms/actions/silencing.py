"""Silences: for a while, for a reason, by a person; ended early by a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, not_found
from minfang.kernel.iam.access import Access
from minfang.registry.models import Device, ProtectiveUnit, Works
from minfang.supervision.alarms.models import Category, Silence
from minfang.supervision.alarms.queries.scope import city_wide, silences
from minfang.supervision.rules.models import AlarmRule

LONGEST = timedelta(days=30)


@dataclass
class Scope:
    """What a silence names, by the numbers people use; empty parts mean any."""

    rule: str = ""
    device: str = ""
    unit: str = ""
    works: str = ""
    category: str = ""


@transaction.atomic
def silence(access: Access, scope: Scope, starts: datetime, ends: datetime, reason: str) -> Silence:
    """Begin a silence. Only the city may silence without naming a work, a unit or a device."""
    wrong = _wrong(scope, starts, ends, reason)
    if wrong:
        raise invalid(wrong)
    row = Silence(starts_at=starts, ends_at=ends, reason=reason.strip()[:200], created_by=access.person)
    _place(access, scope, row)
    if scope.rule:
        row.rule = AlarmRule.objects.filter(code=scope.rule).first()
        if row.rule is None:
            raise invalid([FieldError("rule", "规则", "没有这条规则。")])
    row.category = scope.category
    if row.works is None and not city_wide(access, "iot.handle"):
        raise forbidden("只有市级可以不限工程地静默，请选择工程、单元或设备。")
    row.save(force_insert=True)
    record(
        "iot_alarm.silence",
        person=access.person,
        target=f"silence:{row.pk}",
        summary=f"静默 {words_of(row)} 至 {ends.astimezone(clock.SHANGHAI):%m-%d %H:%M}：{row.reason}",
    )
    return row


def _wrong(scope: Scope, starts: datetime, ends: datetime, reason: str) -> list[FieldError]:
    wrong = []
    if not any(vars(scope).values()):
        wrong.append(FieldError("works", "静默范围", "请至少选择工程、单元、设备、规则、类别中的一项。"))
    if scope.category and scope.category not in Category.values:
        wrong.append(FieldError("category", "类别", "没有这一类别。"))
    if not reason.strip():
        wrong.append(FieldError("reason", "理由", "请说明为什么静默。"))
    if ends <= starts or ends <= clock.now():
        wrong.append(FieldError("ends_at", "结束时间", "结束时间应晚于开始时间和现在。"))
    elif ends - starts > LONGEST:
        wrong.append(FieldError("ends_at", "结束时间", f"一次静默最长 {LONGEST.days} 天。"))
    return wrong


def _place(access: Access, scope: Scope, row: Silence) -> None:
    """The narrowest place named, with the work it lies in; only within the person's scope."""
    works = Works.objects.visible_to(access, "iot.handle")
    if scope.device:
        row.device = Device.objects.filter(device_no=scope.device, works__in=works).first()
        if row.device is None:
            raise invalid([FieldError("device", "设备", "没有这台设备，或不在您的管辖范围。")])
        row.works = row.device.works
    elif scope.unit:
        row.unit = ProtectiveUnit.objects.filter(unit_no=scope.unit, works__in=works).first()
        if row.unit is None:
            raise invalid([FieldError("unit", "防护单元", "没有这个单元，或不在您的管辖范围。")])
        row.works = row.unit.works
    elif scope.works:
        row.works = works.filter(works_no=scope.works).first()
        if row.works is None:
            raise invalid([FieldError("works", "工程", "没有这个工程，或不在您的管辖范围。")])


def words_of(row: Silence) -> str:
    """What a silence covers, in words."""
    parts = [row.works, row.unit, row.device, row.rule]
    words = [str(part) for part in parts if part is not None]
    if row.category:
        words.append(f"{Category(row.category).label}类")
    return " ".join(words)


@transaction.atomic
def end(access: Access, silence_id: int) -> Silence:
    """End a silence now; what still stands is pushed within a minute."""
    row = silences(access, "iot.handle").select_for_update(of=("self",)).filter(pk=silence_id).first()
    if row is None:
        raise not_found("该静默")
    now = clock.now()
    if row.ended_at is not None or row.ends_at <= now:
        raise Refusal("OVER", "该静默已经结束。", "无需再办。", status=409)
    row.ended_at, row.ended_by = now, access.person
    row.save(update_fields=["ended_at", "ended_by"])
    record(
        "iot_alarm.silence_end",
        person=access.person,
        target=f"silence:{row.pk}",
        summary=f"提前结束静默 {words_of(row)}",
    )
    return row

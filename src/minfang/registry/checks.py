"""What must hold of a work and of a device, the same for pages and for imported files."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from minfang.kernel.base.errors import FieldError
from minfang.kernel.iam.models import Organization, OrganizationKind
from minfang.registry import districts
from minfang.registry.definitions import load
from minfang.registry.models import (
    Device,
    DeviceBatch,
    Enterprise,
    Equipment,
    Floor,
    Lifecycle,
    ManagementLevel,
    ProtectiveUnit,
    Room,
    WorksKind,
)
from minfang.registry.sensor_types import GATEWAY, all_types

WORKS_NO = re.compile(r"Z?RF-[0-9]{6}-[A-Z]{2}-[0-9]{4}-[0-9]{4,}")
KEEPER = OrganizationKind.MAINTENANCE_RESPONSIBLE
WORKS_PARTIES = (("owner_id", "所有权人"), ("contractor_id", "承建单位"))
DEVICE_PARTIES = (("maker_id", "厂家"), ("installer_id", "安装单位"))
AREAS = (("building_area", "建筑面积"), ("usable_area", "使用面积"), ("shelter_area", "掩蔽面积"))


def works_faults(facts: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the facts of a work by themselves, every wrong field named."""
    wrong: list[FieldError] = []

    def need(path: str, label: str, allowed: Any, *, empty: bool = False) -> None:
        value = facts.get(path) or ""
        if not (value in allowed or (empty and not value)):
            known = "、".join(list(allowed)[:6])
            text = f"“{value}”不在可选范围（{known}…）。" if value else "请填写。"
            wrong.append(FieldError(path, label, text))

    if not str(facts.get("name") or "").strip():
        wrong.append(FieldError("name", "工程名称", "请填写工程名称。"))
    need("kind", "类别", WorksKind.values)
    need("management_level", "管理层级", ManagementLevel.values)
    need("lifecycle", "状态", Lifecycle.values, empty=True)
    need("district_code", "区", [one.code for one in districts.all_districts()])
    need("wartime_use", "战时用途", load("wartime")["uses"], empty=True)
    need("peacetime_use", "平时用途", load("works")["peacetime_use"], empty=True)
    return wrong + area_faults(facts) + _party_faults(facts, WORKS_PARTIES)


def area_faults(facts: Mapping[str, Any]) -> list[FieldError]:
    """Building area ≥ usable area ≥ sheltered area (handbook §8.2)."""
    wrong = []
    known = [(path, label, facts.get(path)) for path, label in AREAS if facts.get(path) is not None]
    for (_, over_label, over), (path, label, value) in pairwise(known):
        if value is not None and over is not None and value > over:
            wrong.append(FieldError(path, label, f"不应大于{over_label} {over} ㎡。"))
    return wrong


def _party_faults(facts: Mapping[str, Any], parties: Any) -> list[FieldError]:
    """Companies and keepers that do not exist."""
    wrong = []
    for path, label in parties:
        pk = facts.get(path)
        if pk is not None and not Enterprise.objects.filter(pk=pk).exists():
            wrong.append(FieldError(path, label, f"没有这个{label}。"))
    keeper = facts.get("managing_unit_id")
    if keeper is not None and not Organization.objects.filter(pk=keeper, kind=KEEPER).exists():
        wrong.append(FieldError("managing_unit_id", "管理单位", "没有这个管理单位。"))
    return wrong


def works_no_faults(number: str) -> list[FieldError]:
    """What is wrong with a number of a work (handbook §8.3)."""
    if WORKS_NO.fullmatch(number):
        return []
    text = "应形如 RF-310106-GY-2009-0003，在建工程前加 Z。"
    return [FieldError("works_no", "工程编号", text)]


def device_faults(works_id: int, facts: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the facts of a device, its place in the work included."""
    wrong: list[FieldError] = []
    if not str(facts.get("name") or "").strip():
        wrong.append(FieldError("name", "名称", "请填写名称。"))
    if facts.get("sensor_type") not in all_types():
        text = f"“{facts.get('sensor_type')}”不是传感器类型（如 TEMP、HUMI、WATER）。"
        wrong.append(FieldError("sensor_type", "类型", text))
    for path, label, model in (
        ("unit_id", "防护单元", ProtectiveUnit),
        ("floor_id", "楼层", Floor),
        ("room_id", "房间", Room),
        ("equipment_id", "所属设备", Equipment),
    ):
        pk = facts.get(path)
        if pk is not None and not model._default_manager.filter(pk=pk, works_id=works_id).exists():
            wrong.append(FieldError(path, label, f"所选{label}不在该工程内。"))
    wrong += _party_faults(facts, DEVICE_PARTIES)
    return wrong + _gateway_faults(works_id, facts) + _batch_faults(facts)


def _gateway_faults(works_id: int, facts: Mapping[str, Any]) -> list[FieldError]:
    pk = facts.get("gateway_id")
    if pk is None:
        return []
    here = Device.objects.filter(pk=pk, works_id=works_id, sensor_type=GATEWAY, retired_at=None)
    if here.exists() and facts.get("sensor_type") != GATEWAY:
        return []
    return [FieldError("gateway_id", "网关", "所选网关不在该工程内，或本设备就是网关。")]


def _batch_faults(facts: Mapping[str, Any]) -> list[FieldError]:
    batch = facts.get("batch_id")
    if batch is None or DeviceBatch.objects.filter(pk=batch, maker_id=facts.get("maker_id")).exists():
        return []
    return [FieldError("batch_id", "批次", "该批次不是所选厂家的。")]

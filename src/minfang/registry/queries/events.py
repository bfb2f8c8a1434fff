"""The history of works and devices in words."""

from typing import Any

from django.db import models

from minfang.registry import history, parts
from minfang.registry.models import Device, DeviceEvent, Works, WorksEvent
from minfang.registry.schemas.works import FieldChange, RegistryEvent

MOST = 200
KINDS = {
    "CREATED": "新增",
    "EDITED": "修改",
    "LIFECYCLE": "状态变化",
    "OP_STATE": "平急状态变化",
    "IMPORTED": "导入",
    "STATUS": "设备状态",
    "CALIBRATED": "标定",
    "MAINTAINED": "保养",
    "REPLACED": "更换",
    "SECRET": "更换密钥",
    "PART_ADDED": "登记组成",
    "PART_EDITED": "修改组成",
    "PART_RETIRED": "停用组成",
    "PART_BACK": "恢复组成",
}
MORE = {"replaced_by": "更换为", "replaces": "替换", "lifecycle": "状态", "op_state": "平急状态"}


def works_events(works_id: int) -> list[RegistryEvent]:
    """What a work went through, newest first."""
    rows = WorksEvent.objects.filter(works_id=works_id).select_related("person")[:MOST]
    return [_event(Works, row) for row in rows]


def device_events(device_id: int) -> list[RegistryEvent]:
    """What a device went through, newest first."""
    rows = DeviceEvent.objects.filter(device_id=device_id).select_related("person")[:MOST]
    return [_event(Device, row) for row in rows]


def _event(model: type[models.Model], row: Any) -> RegistryEvent:
    made = row.kind in ("CREATED", "IMPORTED") and not row.before
    after = dict(row.after)
    part, named = parts.KINDS.get(after.pop("_part", "")), after.pop("_named", "")
    changes = [FieldChange(field="part", label="对象", before="", after=named)] if named else []
    model = part.model if part else model
    return RegistryEvent(
        id=row.pk,
        kind=row.kind,
        kind_label=KINDS.get(row.kind, row.kind),
        at=row.at,
        person=row.person.name if row.person else "系统",
        reason=row.reason,
        changes=changes
        + [
            FieldChange(
                field=name,
                label=MORE.get(name) or history.label(model, name),
                before=history.words(model, name, row.before.get(name)),
                after=history.words(model, name, value),
            )
            for name, value in after.items()
            if not made or name in ("works_no", "device_no", "replaces")
        ],
    )

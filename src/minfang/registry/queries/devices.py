"""Devices as lists and pages show them, within what a person may see."""

from typing import Any

from django.db.models import Q, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.registry import life
from minfang.registry.access import device_of
from minfang.registry.models import Device, DeviceStatus
from minfang.registry.queries.asked import DevicesAsked, counts, part
from minfang.registry.queries.events import device_events
from minfang.registry.queries.works import design_of, district_name
from minfang.registry.schemas import DeviceDetail, DeviceDue, DeviceList, DeviceRow
from minfang.registry.sensor_types import all_types, name_of

SORTS = {
    "number": ["device_no"],
    "name": ["name", "device_no"],
    "works": ["works__name", "device_no"],
    "type": ["sensor_type", "device_no"],
    "status": ["status", "device_no"],
    "seen": ["last_seen_at", "device_no"],
    "installed": ["installed_on", "device_no"],
}
SHOWN = ("works", "unit", "floor", "room", "entrance", "maker", "batch")
COLUMNS = (
    *("device_no", "device_id", "name", "sensor_type", "position", "status", "last_seen_at", "battery"),
    *("installed_on", "life_months", "calibrated_on", "calibration_months", "maintained_on"),
    *("maintenance_months", "works__name", "works__district_code", "unit__name", "floor__code"),
    *("room__name", "entrance__name", "maker__name", "batch__batch_no"),
)
PARTS = ("works", "unit", "floor", "room", "entrance", "equipment", "gateway", "maker", "batch", "installer")


def devices_asked(access: Access, asked: DevicesAsked, *, without: str = "") -> QuerySet[Device]:
    """The devices asked for; ``without`` leaves one filter out, to count what it could be set to."""
    rows: QuerySet[Device] = Device.objects.visible_to(access)
    if not asked.retired:
        rows = rows.filter(retired_at=None)
    if asked.keyword:
        word = asked.keyword.strip()
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(device_no__icontains=word)
            | Q(device_id__icontains=word)
            | Q(position__icontains=word)
            | Q(works__name__icontains=word)
        )
    wanted = {
        "sensor_type": asked.type,
        "status": asked.status,
        "works_id": asked.works,
        "unit_id": asked.unit,
        "maker_id": asked.maker,
        "batch_id": asked.batch,
        "installer_id": asked.installer,
        "works__district_code": asked.district,
        "pk__in": asked.ids,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value and name != without})


def device_rows(access: Access, asked: DevicesAsked) -> QuerySet[Device]:
    """All rows asked for in their order."""
    descending = asked.sort.startswith("-")
    order = SORTS.get(asked.sort.removeprefix("-"), SORTS["number"])
    if descending:
        order = [f"-{order[0]}", *order[1:]]
    return devices_asked(access, asked).select_related(*PARTS).order_by(*order)


def listed(access: Access, asked: DevicesAsked) -> QuerySet[Device]:
    """The same with no more of each row, and of what it refers to, than a list shows."""
    return device_rows(access, asked).select_related(None).select_related(*SHOWN).only(*COLUMNS)


def device_list(access: Access, asked: DevicesAsked) -> DeviceList:
    """One page of devices, and how many there are in each state and of each type (feature 87)."""
    types = {code: kind.name for code, kind in all_types().items()}
    by_status = counts(devices_asked(access, asked, without="status"), "status", dict(DeviceStatus.choices))
    return DeviceList(
        rows=[DeviceRow(**row_of(one)) for one in part(listed(access, asked), asked.page, asked.size)],
        total=sum(one.count for one in by_status if asked.status in ("", one.value)),
        by_status=by_status,
        by_type=counts(devices_asked(access, asked, without="sensor_type"), "sensor_type", types),
    )


def row_of(device: Device) -> dict[str, Any]:
    """A device as a row."""
    state = life.of(device, clock.today())
    return {
        "id": device.pk,
        "device_no": device.device_no,
        "device_id": device.device_id,
        "name": device.name,
        "sensor_type": device.sensor_type,
        "type_label": name_of(device.sensor_type),
        "works_id": device.works_id,
        "works_name": device.works.name,
        "district_name": district_name(device.works.district_code),
        "place": " ".join(str(p) for p in (device.floor, device.unit, device.room or device.entrance) if p),
        "position": device.position,
        "maker": str(device.maker or ""),
        "batch": str(device.batch or ""),
        "status": device.status,
        "status_label": DeviceStatus(device.status).label,
        "last_seen_at": device.last_seen_at,
        "battery": device.battery,
        "installed_on": device.installed_on,
        "life_share": state.share,
        "life": _due(state.ends),
        "calibration": _due(state.calibration),
        "maintenance": _due(state.maintenance),
    }


def _due(due: life.Due) -> DeviceDue:
    if due.on is None:
        return DeviceDue(on=None, state=due.state, text="")
    words = f"已过 {-due.days} 天" if due.days < 0 else "今天" if due.days == 0 else f"还有 {due.days} 天"
    return DeviceDue(on=due.on, state=due.state, text=words)


PLAIN = (
    "unit_id",
    "floor_id",
    "room_id",
    "equipment_id",
    "gateway_id",
    "maker_id",
    "batch_id",
    "installer_id",
    "model",
    "outside",
    "period_seconds",
    "life_months",
    "calibrated_on",
    "calibration_months",
    "maintained_on",
    "maintenance_months",
    "status_at",
    "added_in_emergency",
    "retired_at",
    "version",
)


def device_detail(access: Access, device_id: int) -> DeviceDetail:
    """One device with its facts, its life and what it went through."""
    device_of(access, device_id, "iot.read")
    device = Device.objects.select_related(*PARTS).get(pk=device_id)

    def may(permission: str) -> bool:
        return Device.objects.visible_to(access, permission).filter(pk=device_id).exists()

    facts = {name: getattr(device, name) for name in PLAIN}
    facts |= {name: str(getattr(device, name) or "") for name in ("unit", "floor", "room", "entrance")}
    return DeviceDetail(
        **row_of(device),
        **facts,
        works_no=device.works.works_no,
        works_op_state=device.works.op_state,
        equipment=str(device.equipment or ""),
        equipment_design=design_of(device.equipment) if device.equipment else [],
        gateway=device.gateway.name if device.gateway else "",
        installer=str(device.installer or ""),
        has_secret=bool(device.secret_digest),
        events=device_events(device.pk),
        may_manage=may("works.manage"),
        may_handle=may("iot.handle"),
    )

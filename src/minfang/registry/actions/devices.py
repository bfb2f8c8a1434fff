"""What people do with devices: put in, correct, calibrate, look after, replace, give new secrets."""

from typing import Any

from django.db import models

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.registry import changes, checks, history, numbers, secrets
from minfang.registry.access import device_of, works_of
from minfang.registry.actions.works import MANAGE, seen
from minfang.registry.models import Device, DeviceEvent, DeviceStatus, OpState
from minfang.registry.schemas import DeviceActIn, DeviceChange, DeviceIn, DeviceReplaceIn, DeviceStatusIn
from minfang.registry.sensor_types import all_types

HANDLE = "iot.handle"
BY_HAND = (DeviceStatus.MAINTENANCE, DeviceStatus.DISABLED, DeviceStatus.FAULT, DeviceStatus.OFFLINE)
NAMED = {"works_id", "device_no", "device_id", "seen_version", "reason"}
PLACE = (
    "works",
    "unit",
    "floor",
    "room",
    "entrance",
    "equipment",
    "gateway",
    "sensor_type",
    "name",
    "position",
)


def note(device: Device, kind: str, before: Any, after: Any, person: Person | None, reason: str = "") -> None:
    """One line of the history of a device, and word to those who watch it."""
    DeviceEvent.objects.create(
        device=device, kind=kind, before=before, after=after, reason=reason, person=person, at=clock.now()
    )
    changes.tell("device", device.pk, device.works_id)


@one_transaction
def create_device(access: Access, body: DeviceIn) -> tuple[Device, str]:
    """Enter a device; returns it with the secret that is shown this once."""
    works = works_of(access, body.works_id, MANAGE)
    facts = body.dict(exclude=NAMED)
    if wrong := checks.device_faults(works.pk, facts):
        raise invalid(wrong)
    secret = secrets.new_secret()
    kind = all_types()[body.sensor_type]
    facts["life_months"] = body.life_months or kind.life
    facts["calibration_months"] = body.calibration_months or kind.calibration

    def make() -> Device:
        number = body.device_no or numbers.next_device_no(works.works_no, body.sensor_type)
        return Device(
            **facts,
            works=works,
            device_no=number,
            device_id=body.device_id or number.lower(),
            secret_digest=secrets.digest(secret),
            added_in_emergency=works.op_state == OpState.EMERGENCY,
        )

    device = numbers.save_numbered(make, "device_no", given=bool(body.device_no or body.device_id))
    note(device, "CREATED", {}, history.snapshot(device), access.person)
    text = f"新增设备 {device.device_no} {device.name}"
    record("devices.created", person=access.person, target=device, summary=text)
    return device, secret


@one_transaction
def change_device(access: Access, device_id: int, body: DeviceChange) -> Device:
    """Correct the facts of a device; its work, number and type stay what they are."""
    device = _ours(access, device_id, MANAGE, body.seen_version)
    facts = body.dict(exclude=NAMED | {"sensor_type"})
    if wrong := checks.device_faults(device.works_id, {**facts, "sensor_type": device.sensor_type}):
        raise invalid(wrong)
    before = history.snapshot(device)
    for name, value in facts.items():
        setattr(device, name, value)
    old, new = history.difference(before, history.snapshot(device))
    if new:
        _save(device)
        note(device, "EDITED", old, new, access.person, body.reason)
        record(
            "devices.changed",
            person=access.person,
            target=device,
            summary=f"修改设备 {device.device_no}",
            before=old,
            after=new,
            reason=body.reason,
        )
    return device


@one_transaction
def change_status(access: Access, device_id: int, body: DeviceStatusIn) -> Device:
    """Take a device out for maintenance or for good, or back; ``OFFLINE`` waits for its next reading."""
    device = _ours(access, device_id, HANDLE, body.seen_version)
    if body.to not in BY_HAND:
        raise invalid([FieldError("to", "状态", "只能设为维护中、停用、故障，或恢复监测。")])
    if not body.reason.strip():
        raise invalid([FieldError("reason", "理由", "请写明原因。")])
    old, device.status, device.status_at = device.status, body.to, clock.now()
    _save(device)
    note(device, "STATUS", {"status": old}, {"status": device.status}, access.person, body.reason)
    text = f"{device.device_no} {DeviceStatus(old).label} → {DeviceStatus(body.to).label}"
    record("devices.status", person=access.person, target=device, summary=text, reason=body.reason)
    return device


def calibrate(access: Access, device_id: int, body: DeviceActIn) -> Device:
    """A device was calibrated on a day; its next calibration is counted from there."""
    return _looked_after(access, device_id, body, "calibrated_on", "CALIBRATED", "标定")


def maintain(access: Access, device_id: int, body: DeviceActIn) -> Device:
    """A device was looked after on a day; its next maintenance is counted from there."""
    return _looked_after(access, device_id, body, "maintained_on", "MAINTAINED", "保养")


@one_transaction
def _looked_after(
    access: Access, device_id: int, body: DeviceActIn, field: str, kind: str, what: str
) -> Device:
    device = _ours(access, device_id, HANDLE, body.seen_version)
    if body.on > clock.today():
        raise invalid([FieldError("on", f"{what}日期", "不能晚于今天。")])
    if device.installed_on and body.on < device.installed_on:
        raise invalid([FieldError("on", f"{what}日期", f"早于安装日期 {device.installed_on}。")])
    before = history.snapshot(device)
    setattr(device, field, body.on)
    old, new = history.difference(before, history.snapshot(device))
    _save(device)
    note(device, kind, old, new, access.person, body.note)
    text = f"{device.device_no} {what} {body.on}"
    record("devices.looked_after", person=access.person, target=device, summary=text, reason=body.note)
    return device


@one_transaction
def replace_device(access: Access, device_id: int, body: DeviceReplaceIn) -> tuple[Device, str]:
    """A new device at the place of an old one, which is retired; the history of each names the other."""
    old = _ours(access, device_id, MANAGE, body.seen_version)
    secret = secrets.new_secret()
    facts = {name: getattr(old, name) for name in PLACE}
    facts |= body.dict(include={"maker_id", "batch_id", "installer_id", "model", "installed_on"})
    if wrong := checks.device_faults(old.works_id, {**_ids(old), **facts}):
        raise invalid(wrong)
    kind = all_types()[old.sensor_type]

    def make() -> Device:
        number = numbers.next_device_no(old.works.works_no, old.sensor_type)
        return Device(
            **facts,
            device_no=number,
            device_id=body.device_id or number.lower(),
            life_months=old.life_months or kind.life,
            calibration_months=old.calibration_months,
            maintenance_months=old.maintenance_months,
            period_seconds=old.period_seconds,
            outside=old.outside,
            secret_digest=secrets.digest(secret),
            added_in_emergency=old.works.op_state == OpState.EMERGENCY,
        )

    fresh = numbers.save_numbered(make, "device_id", given=bool(body.device_id))
    before, old.status, old.retired_at = old.status, DeviceStatus.DISABLED, clock.now()
    old.status_at, old.secret_digest = old.retired_at, ""
    _save(old)
    Device.objects.filter(gateway=old).update(gateway=fresh, version=models.F("version") + 1)
    person, reason = access.person, body.reason
    gone = {"status": DeviceStatus.DISABLED, "replaced_by": fresh.device_no}
    note(old, "REPLACED", {"status": before}, gone, person, reason)
    note(fresh, "CREATED", {}, {**history.snapshot(fresh), "replaces": old.device_no}, person, reason)
    text = f"{old.device_no} 更换为 {fresh.device_no}"
    record("devices.replaced", person=person, target=old, summary=text, reason=reason)
    return fresh, secret


@one_transaction
def new_secret(access: Access, device_id: int) -> str:
    """A new secret, shown this once; the old one is worth nothing from now on."""
    device = _ours(access, device_id, MANAGE, None)
    secret = secrets.new_secret()
    device.secret_digest = secrets.digest(secret)
    _save(device)
    note(device, "SECRET", {}, {}, access.person)
    text = f"更换设备密钥 {device.device_no}"
    record("devices.secret", person=access.person, target=device, summary=text)
    return secret


def _ours(access: Access, device_id: int, permission: str, version: int | None) -> Device:
    device = device_of(access, device_id, permission, lock=True)
    if version is not None:
        seen(device, version, "设备")
    if device.retired_at is not None:
        raise Refusal("RETIRED", "该设备已更换退役，不能再办理。", "请到替换它的设备上办理。", status=409)
    return device


def _ids(device: Device) -> dict[str, Any]:
    return {f"{name}_id": getattr(device, f"{name}_id") for name in ("unit", "floor", "room", "equipment")}


def _save(device: Device) -> None:
    device.version += 1
    device.save()

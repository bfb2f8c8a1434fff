"""Devices: state of all at a glance, their life, and what is done with them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.registry import actions, life, secrets
from minfang.registry.models import Device, DeviceEvent, DeviceStatus, OpState, Works
from minfang.registry.schemas import DeviceActIn, DeviceChange, DeviceIn, DeviceReplaceIn, DeviceStatusIn

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


@pytest.mark.feature(87)
def test_the_state_of_all_devices_is_seen_at_a_glance(
    browser: Callable[[str], Any], thermometer: Device
) -> None:
    Device.objects.filter(sensor_type="TEMP").update(status=DeviceStatus.ONLINE)
    Device.objects.filter(pk=thermometer.pk).update(status=DeviceStatus.FAULT, last_seen_at=clock.now())
    watcher = browser("tao.yiming")
    page = watcher.get("/api/office/devices", {"size": 100}).json()
    states = {one["value"]: one["count"] for one in page["by_status"]}
    assert states["FAULT"] == 1
    assert sum(states.values()) == page["total"] == sum(one["count"] for one in page["by_type"]) == 120
    broken = watcher.get("/api/office/devices", {"status": "FAULT"}).json()
    assert [row["id"] for row in broken["rows"]] == [thermometer.pk]
    assert broken["rows"][0]["status_label"] == "故障"
    assert broken["by_status"] == page["by_status"]
    narrow = watcher.get("/api/office/devices", {"type": "TEMP", "works": thermometer.works_id}).json()
    assert {row["sensor_type"] for row in narrow["rows"]} == {"TEMP"}
    export = watcher.get("/api/office/devices/export.xlsx", {"status": "FAULT"})
    assert export.status_code == 200


def test_district_and_keeper_see_only_devices_of_their_works(
    browser: Callable[[str], Any], thermometer: Device
) -> None:
    assert browser("zhou.min").get(f"/api/office/devices/{thermometer.pk}").status_code == 200
    assert browser("ja.xu.wei").get(f"/api/office/devices/{thermometer.pk}").status_code == 200
    assert browser("pt.qin.lang").get(f"/api/office/devices/{thermometer.pk}").status_code == 404
    rows = browser("pt.qin.lang").get("/api/office/devices", {"size": 100}).json()["rows"]
    assert {row["district_name"] for row in rows} == {"普陀区"}


def test_life_and_due_days_are_counted_in_months() -> None:
    device = Device(
        installed_on=date(2020, 1, 31), life_months=60, calibrated_on=date(2025, 1, 31), calibration_months=1
    )
    state = life.of(device, date(2025, 2, 28))
    assert (state.ends.on, state.ends.state) == (date(2025, 1, 31), life.OVER)
    assert (state.calibration.on, state.calibration.days) == (date(2025, 2, 28), 0)
    assert state.maintenance.state == life.NONE
    assert life.of(device, date(2024, 9, 1)).ends.state == life.SOON


def test_a_new_device_gets_a_number_and_a_secret_that_is_shown_once(
    browser: Callable[[str], Any], yanping: Works
) -> None:
    admin = browser("gu.lianchuan")
    Works.objects.filter(pk=yanping.pk).update(op_state=OpState.EMERGENCY)
    body = {"works_id": yanping.pk, "name": "临时温度", "sensor_type": "TEMP"}
    made = admin.post("/api/office/devices", body, **JSON).json()
    device = Device.objects.get(pk=made["device"]["id"])
    highest = yanping.devices.filter(sensor_type="TEMP").count()
    assert device.device_no == f"{yanping.works_no}-S-TEMP-{highest:03d}"
    assert device.added_in_emergency
    assert secrets.matches(made["secret"], device.secret_digest)
    assert made["secret"] not in admin.get(f"/api/office/devices/{device.pk}").content.decode()
    again = admin.post(f"/api/office/devices/{device.pk}/secret", {}, **JSON).json()["secret"]
    device.refresh_from_db()
    assert secrets.matches(again, device.secret_digest)
    assert not secrets.matches(made["secret"], device.secret_digest)


def test_a_device_stands_only_in_its_own_work(access: Callable[[str], Any], yanping: Works) -> None:
    other = Works.objects.exclude(pk=yanping.pk)[0]
    body = DeviceIn(
        works_id=yanping.pk,
        name="温度",
        sensor_type="TEMP",
        unit_id=other.units.all()[0].pk,
        gateway_id=other.devices.filter(sensor_type="GATEWAY")[0].pk,
    )
    with pytest.raises(Refusal) as refused:
        actions.create_device(access("gu.lianchuan"), body)
    assert [error.path for error in refused.value.fields] == ["unit_id", "gateway_id"]


def test_a_replaced_device_is_retired_and_both_know_each_other(
    access: Callable[[str], Any], yanping: Works
) -> None:
    admin, gateway = access("gu.lianchuan"), yanping.devices.filter(sensor_type="GATEWAY")[0]
    children = set(gateway.children.values_list("pk", flat=True))
    body = DeviceReplaceIn(installed_on=clock.today(), reason="主板损坏", seen_version=gateway.version)
    fresh, secret = actions.replace_device(admin, gateway.pk, body)
    gateway.refresh_from_db()
    assert gateway.retired_at is not None
    assert gateway.status == DeviceStatus.DISABLED
    assert gateway.secret_digest == ""
    assert set(fresh.children.values_list("pk", flat=True)) == children
    assert (fresh.works_id, fresh.unit_id, fresh.position) == (
        gateway.works_id,
        gateway.unit_id,
        gateway.position,
    )
    assert secrets.matches(secret, fresh.secret_digest)
    assert DeviceEvent.objects.get(device=gateway).after["replaced_by"] == fresh.device_no
    assert DeviceEvent.objects.get(device=fresh).after["replaces"] == gateway.device_no
    with pytest.raises(Refusal) as refused:
        actions.replace_device(admin, gateway.pk, body.copy(update={"seen_version": gateway.version}))
    assert refused.value.code == "RETIRED"


def test_a_keeper_calibrates_and_takes_out_of_service_but_not_in_the_future(
    access: Callable[[str], Any], thermometer: Device
) -> None:
    keeper, today = access("han.liqun"), clock.today()
    body = DeviceActIn(on=today + timedelta(days=1), note="", seen_version=thermometer.version)
    with pytest.raises(Refusal):
        actions.calibrate(keeper, thermometer.pk, body)
    done = actions.calibrate(keeper, thermometer.pk, body.copy(update={"on": today, "note": "现场标定"}))
    assert done.calibrated_on == today
    status = DeviceStatusIn(to="MAINTENANCE", reason="清洁探头", seen_version=done.version)
    assert actions.change_status(keeper, thermometer.pk, status).status == DeviceStatus.MAINTENANCE
    kinds = list(DeviceEvent.objects.filter(device=thermometer).values_list("kind", flat=True))
    assert kinds == ["STATUS", "CALIBRATED"]
    with pytest.raises(Refusal) as refused:
        actions.change_status(keeper, thermometer.pk, status)
    assert refused.value.code == "STALE"


def test_a_change_keeps_what_was_before_and_after_and_the_type_stays(
    access: Callable[[str], Any], thermometer: Device
) -> None:
    facts = {name: getattr(thermometer, name) for name in DeviceIn.model_fields if hasattr(thermometer, name)}
    change = DeviceChange(**{**facts, "name": "机房温度", "sensor_type": "HUMI", "seen_version": 1})
    changed = actions.change_device(access("gu.lianchuan"), thermometer.pk, change)
    assert (changed.name, changed.sensor_type) == ("机房温度", "TEMP")
    event = DeviceEvent.objects.get(device=thermometer)
    assert (event.before, event.after) == ({"name": "进风机房温度"}, {"name": "机房温度"})

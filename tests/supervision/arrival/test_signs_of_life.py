"""Which devices count as online: those that report in time, and the gateways that carry them."""

from datetime import timedelta

import pytest

from minfang.kernel.base import clock
from minfang.registry.models import Device, DeviceStatus, Works
from minfang.supervision.arrival.actions import mark_seen
from minfang.supervision.telemetry.models import LatestValue, Series

pytestmark = pytest.mark.django_db


@pytest.fixture
def works() -> Works:
    return Works.objects.create(
        works_no="RF-310106-GY-2010-0009",
        name="延平公用民防工程",
        kind="GY",
        management_level="CITY_DIRECT",
        district_code="310106",
    )


def device(works: Works, name: str, **more: object) -> Device:
    return Device.objects.create(
        works=works, device_no=name, device_id=name, sensor_type="TEMP", name=name, period_seconds=60, **more
    )


def spoke(who: Device, seconds_ago: float) -> None:
    at = clock.now() - timedelta(seconds=seconds_ago)
    series, _ = Series.objects.get_or_create(device=who, metric="TEMP")
    values = {"ts": at, "value": 20.0, "quality": 0, "received_at": at}
    LatestValue.objects.update_or_create(series=series, defaults=values)


def status(who: Device) -> str:
    who.refresh_from_db()
    return who.status


def test_a_device_is_offline_after_three_missed_periods_and_comes_back(works: Works) -> None:
    one, other = device(works, "T-1"), device(works, "T-2")
    spoke(one, 100)
    spoke(other, 200)
    mark_seen()
    assert (status(one), status(other)) == (DeviceStatus.ONLINE, DeviceStatus.OFFLINE)
    spoke(other, 1)
    assert mark_seen() == 1
    assert status(other) == DeviceStatus.ONLINE


def test_a_gateway_is_online_while_one_of_its_devices_is(works: Works) -> None:
    gateway = device(works, "G-1")
    carried = [device(works, f"T-{n}", gateway=gateway) for n in range(2)]
    spoke(carried[0], 10)
    spoke(carried[1], 900)
    mark_seen()
    assert status(gateway) == DeviceStatus.ONLINE
    assert gateway.last_seen_at is not None
    spoke(carried[0], 900)
    mark_seen()
    assert status(gateway) == DeviceStatus.OFFLINE


def test_what_people_said_of_a_device_stays(works: Works) -> None:
    repaired = device(works, "T-1", status=DeviceStatus.MAINTENANCE)
    spoke(repaired, 5)
    mark_seen()
    assert status(repaired) == DeviceStatus.MAINTENANCE

"""The demonstration's works are the same at every start, and complete enough to be watched."""

import time

import pytest

from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import OrganizationKind, Person
from minfang.registry import secrets
from minfang.registry.models import Device, Equipment, Floor, ManagementLevel, Works
from minfang.registry.sensor_types import all_types
from minfang.sandbox import demo, demo_works
from minfang.services.actions import publishing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def offices(db: None) -> None:
    if not Person.objects.filter(username="tao.yiming").exists():
        publishing.load_all()
        demo.ensure_accounts()


def test_fourteen_works_of_the_city_and_some_of_districts_stand_there_after_one_quick_call() -> None:
    begun = time.thread_time()
    made = demo_works.load(devices=506)
    assert time.thread_time() - begun < 3
    assert made == Device.objects.count() == 506
    assert Works.objects.filter(management_level=ManagementLevel.CITY_DIRECT).count() == 14
    districts = Works.objects.filter(management_level=ManagementLevel.DISTRICT)
    assert len({row.district_code for row in districts}) >= 3
    assert Floor.objects.filter(works__management_level=ManagementLevel.CITY_DIRECT).count() == 30
    assert set(Device.objects.values_list("sensor_type", flat=True)) == set(all_types())
    keepers = {row.managing_unit for row in Works.objects.select_related("managing_unit")}
    assert len(keepers) >= 3
    assert {keeper.kind for keeper in keepers if keeper} == {OrganizationKind.MAINTENANCE_RESPONSIBLE}


def test_every_device_has_its_place_its_maker_and_its_gateway() -> None:
    demo_works.load(devices=200)
    for device in Device.objects.select_related("unit", "batch", "gateway"):
        assert None not in (device.maker_id, device.installer_id, device.installed_on, device.unit)
        assert device.batch is not None
        assert device.batch.maker_id == device.maker_id
        assert device.device_no == f"{device.works.works_no}-S-{device.sensor_type}-{device.device_no[-3:]}"
        assert (device.gateway is None) == (device.sensor_type == "GATEWAY")
        assert secrets.matches(demo_works.secret_of(device.device_id), device.secret_digest)
    assert Equipment.objects.filter(category="FAN", design__rated_a__gt=0).exists()


def test_some_devices_hang_outside_their_unit_and_feel_the_weather() -> None:
    demo_works.load(devices=demo.DEMO_DEVICES)
    outside = Device.objects.filter(outside=True)
    assert set(outside.values_list("sensor_type", flat=True)) == {"TEMP", "HUMI"}
    assert not outside.exclude(room=None).exists()
    works = Works.objects.filter(management_level=ManagementLevel.CITY_DIRECT)
    assert works.filter(devices__in=outside).distinct().count() >= 5


def test_a_second_call_adds_nothing_and_a_larger_one_only_what_is_missing() -> None:
    assert demo_works.load(devices=120) == 120
    first = list(Device.objects.order_by("device_id").values())
    assert demo_works.load(devices=120) == 0
    assert demo_works.load(devices=300) == 180
    numbers = [row["device_id"] for row in first]
    again = list(Device.objects.filter(device_id__in=numbers).order_by("device_id").values())
    assert again == first
    assert Works.objects.count() == len(demo_works.lines())


def test_city_district_and_keeper_see_their_works() -> None:
    demo_works.load(devices=60)

    def names(username: str) -> set[str]:
        access = Access(Person.objects.get(username=username))
        return {row.district_code for row in Works.objects.visible_to(access)}

    assert len(names("tao.yiming")) > 10
    assert names("pt.qin.lang") == {"310107"}
    assert names("zhou.min") == names("han.liqun") == {"310101", "310105", "310106", "310107"}
    assert names("shen.jiahe") == set()

"""People of the demonstration and a few of its works."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.registry.models import Device, Works
from minfang.sandbox import demo, demo_works
from minfang.services.actions import publishing

YANPING, WUNING, ZHANGJIANG = "RF-310106-GY-2009-0003", "RF-310107-GY-2007-0002", "RF-310115-JJ-2018-0034"


@pytest.fixture
def registry(db: None) -> None:
    """Offices, people, 18 works and 120 devices."""
    if not Person.objects.filter(username="tao.yiming").exists():
        publishing.load_all()
        demo.ensure_accounts()
    demo_works.load(devices=120)


@pytest.fixture
def yanping(registry: None) -> Works:
    """A work of the city in 静安."""
    return Works.objects.get(works_no=YANPING)


@pytest.fixture
def thermometer(yanping: Works) -> Device:
    """A temperature sensor in it."""
    return yanping.devices.filter(sensor_type="TEMP")[0]


@pytest.fixture
def access(registry: None) -> Callable[[str], Access]:
    """What somebody may do."""
    return lambda username: Access(Person.objects.get(username=username))


@pytest.fixture
def browser(registry: None) -> Callable[[str], Any]:
    """A signed-in browser."""

    def signed_in(username: str) -> Client:
        client = Client(headers={"accept": "application/json"})
        client.force_login(Person.objects.get(username=username))
        return client

    return signed_in

"""Two works with temperatures, the people who may configure, and the shipped rules where asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from django.test import Client

from minfang.kernel.iam.actions.establishing import load_roles
from minfang.kernel.iam.models import Organization, OrganizationKind, Person, PersonKind, Role, RoleGrant
from minfang.registry.models import Device, ProtectiveUnit, Room, Works
from minfang.supervision.rules import queries
from minfang.supervision.telemetry import index
from minfang.supervision.telemetry.models import Series


@dataclass
class Site:
    """What a test works with; ``series`` by device number."""

    works: dict[str, Works] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    series: dict[str, int] = field(default_factory=dict)

    def device(self, works: str, number: str, metric: str = "TEMP", **more: Any) -> int:
        """A device with one series; its id."""
        work = self.works[works]
        unit = work.units.get()
        room = unit.rooms.get()
        device = Device.objects.create(
            works=work,
            unit=unit,
            room=room,
            device_no=number,
            device_id=number,
            sensor_type=metric,
            name=f"{metric} {number}",
            **more,
        )
        self.series[number] = Series.objects.create(device=device, metric=metric).pk
        return self.series[number]

    def browser(self, username: str = "t.admin") -> "Browser":
        """Signed in as one of the people."""
        client = Client(raise_request_exception=False)
        client.force_login(self.people[username])
        return Browser(client)


@dataclass
class Browser:
    """JSON in, JSON out."""

    client: Client

    def get(self, path: str) -> Any:
        """The answer, whatever its status."""
        return self.client.get(f"/api/office/rules{path}").json()

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and answer."""
        answer = self.client.generic(
            method, f"/api/office/rules{path}", _json(body), content_type="application/json"
        )
        return answer.status_code, answer.json() if answer.content else None


def _json(body: Any) -> bytes:
    return b"" if body is None else orjson.dumps(body)


@pytest.fixture
def site(db: None) -> Iterator[Site]:
    load_roles()
    index.forget()
    queries.forget_engine()
    office = Organization.objects.create(
        code="T-CITY", name="市国动办", kind=OrganizationKind.MUNICIPAL_OFFICE, district_code="310000"
    )
    found = Site()
    for name, role in (("t.admin", "iot_admin"), ("t.second", "iot_admin"), ("t.watch", "iot_watcher")):
        person = Person.objects.create(username=name, name=name, kind=PersonKind.STAFF, organization=office)
        RoleGrant.objects.create(person=person, role=Role.objects.get(code=role), organization=office)
        found.people[name] = person
    for number, level in (("W1", "CITY_DIRECT"), ("W2", "DISTRICT")):
        works = Works.objects.create(
            works_no=number, name=f"{number} 工程", kind="GY", management_level=level, district_code="310107"
        )
        unit = ProtectiveUnit.objects.create(works=works, unit_no=f"{number}-F01", name="单元一")
        Room.objects.create(works=works, unit=unit, room_no=f"{number}-R01", name="进风机房")
        found.works[number] = works
    yield found
    queries.forget_engine()
    index.forget()

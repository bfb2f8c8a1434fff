"""A work with devices, a rule and people who watch it, in as few rows as a test can do with."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from minfang.kernel.base import clock
from minfang.kernel.iam.actions.establishing import load_roles
from minfang.kernel.iam.models import Organization, OrganizationKind, Person, PersonKind, Role, RoleGrant
from minfang.registry.models import Device, DeviceStatus, ProtectiveUnit, Works
from minfang.supervision.alarms.models import Alarm, Silence
from minfang.supervision.rules.models import AlarmRule, AlarmRuleVersion, VersionState
from minfang.supervision.rules.signals import Signal, SignalKind, Step
from minfang.supervision.telemetry.models import Series

NOON = datetime(2026, 7, 14, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai on a Tuesday."""
STEPS = (Step("THRESHOLD", True, "36.2 ℃，高于 35 ℃"), Step("HOLD", True, "持续 15 分钟"))


@dataclass
class World:
    """What a test works with."""

    offices: dict[str, Organization]
    works: Works
    unit: ProtectiveUnit
    rule: AlarmRule
    version: AlarmRuleVersion
    devices: list[Device]
    series: list[Series]
    people: dict[str, Person] = field(default_factory=dict)

    def series_of(self, device: Device) -> Series:
        """The temperature of a device."""
        return Series.objects.get_or_create(device=device, metric="TEMP")[0]

    def behind_a_gateway(self, number: int, status: str) -> None:
        """Put a device behind a gateway in this state."""
        gateway = Device.objects.create(
            works=self.works,
            device_no="GW-1",
            device_id="GW-1",
            sensor_type="GW",
            name="网关 1",
            status=status,
        )
        Device.objects.filter(pk=self.devices[number].pk).update(gateway=gateway)

    def power_cut(self) -> Alarm:
        """An open alarm that says the work has no power."""
        now = clock.now()
        return Alarm.objects.create(
            number="YJ-POWER",
            works=self.works,
            district_code=self.works.district_code,
            category="POWER",
            title="市电失电",
            level=2,
            peak_level=2,
            opened_at=now,
            raised_at=now,
            last_at=now,
            message="市电失电",
        )

    def silence(self, starts: float = 0, hours: float = 2, **scope: Any) -> Silence:
        """A silence from ``starts`` hours from now on."""
        begin = clock.now() + timedelta(hours=starts)
        return Silence.objects.create(
            starts_at=begin,
            ends_at=begin + timedelta(hours=hours),
            reason="检修",
            created_by=self.people["watcher"],
            **scope,
        )

    def signal(self, kind: str = "RAISE", series: int = 0, level: int = 2, **said: Any) -> Signal:
        """A signal of the rule on one of the series."""
        at = said.pop("at", None) or clock.now()
        fields: dict[str, Any] = {
            "kind": SignalKind(kind),
            "rule_id": self.rule.pk,
            "version_id": self.version.pk,
            "series_id": self.series[series].pk,
            "level": level,
            "at": int(at.timestamp() * 1e6),
            "value": 36.2,
            "threshold": 35.0,
            "readings": ((int(at.timestamp() * 1e6), 36.2),),
            "steps": STEPS,
            "message": "进风机房温度 36.2 ℃，超过 35 ℃",
        }
        return Signal(**{**fields, **said})


def _offices() -> dict[str, Organization]:
    kinds = OrganizationKind
    rows = {
        "city": ("T-CITY", kinds.MUNICIPAL_OFFICE, "310000"),
        "district": ("T-310106", kinds.DISTRICT_OFFICE, "310106"),
        "other": ("T-310115", kinds.DISTRICT_OFFICE, "310115"),
        "unit": ("T-KEEPER", kinds.MAINTENANCE_RESPONSIBLE, "310106"),
        "stranger": ("T-KEEPER-2", kinds.MAINTENANCE_RESPONSIBLE, "310115"),
    }
    return {
        name: Organization.objects.create(
            code=code, name=f"单位{code}", short_name=code, kind=kind, district_code=district
        )
        for name, (code, kind, district) in rows.items()
    }


def person(world: World, name: str, office: str, role: str, number: int) -> Person:
    """Somebody with a role at an office and a mobile."""
    home = world.offices[office]
    someone = Person.objects.create(
        username=f"t.{name}",
        name=name,
        kind=PersonKind.STAFF,
        organization=home,
        mobile=f"1380000{number:04d}",
    )
    RoleGrant.objects.create(person=someone, role=Role.objects.get(code=role), organization=home)
    world.people[name] = someone
    return someone


@pytest.fixture
def world(db: None) -> World:
    """One work of a district with three devices, a rule, and watchers at unit, district and city."""
    return make_world()


def make_world(devices: int = 3) -> World:
    """The rows of :func:`world`, also for tests with real transactions."""
    load_roles()
    offices = _offices()
    works = Works.objects.create(
        works_no="RF-310106-GY-2010-0001",
        name="延平公用民防工程",
        kind="GY",
        management_level="CITY_DIRECT",
        district_code="310106",
        managing_unit=offices["unit"],
    )
    unit = ProtectiveUnit.objects.create(works=works, unit_no=f"{works.works_no}-F01", name="单元一")
    found = [
        Device.objects.create(
            works=works,
            unit=unit,
            device_no=f"{works.works_no}-S-TEMP-{n:03d}",
            device_id=f"T-B1-{n}",
            sensor_type="TEMP",
            name=f"温度 {n}",
            status=DeviceStatus.ONLINE,
        )
        for n in range(devices)
    ]
    rule = AlarmRule.objects.create(code="T-ROOM-TEMP", name="机房温度偏高", category="ENV")
    version = AlarmRuleVersion.objects.create(
        rule=rule, number=4, state=VersionState.PUBLISHED, definition={"repeat_minutes": 30}, digest="0" * 64
    )
    series = [Series.objects.create(device=device, metric="TEMP") for device in found]
    world = World(offices, works, unit, rule, version, found, series)
    for number, (name, office, role) in enumerate(
        (
            ("keeper", "unit", "iot_disposer"),
            ("watcher", "district", "iot_watcher"),
            ("city", "city", "iot_watcher"),
            ("leader", "city", "director"),
            ("foreign", "other", "iot_watcher"),
            ("stranger", "stranger", "iot_disposer"),
        )
    ):
        person(world, name, office, role, number)
    return world

"""Closed alarms with verdicts, works and devices by maker and batch: what the monitoring models read."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from minfang.kernel.iam.actions.establishing import load_roles
from minfang.kernel.iam.models import Organization, OrganizationKind, Person, PersonKind, Role, RoleGrant
from minfang.registry.models import Device, DeviceBatch, DeviceStatus, Enterprise, Works
from minfang.supervision.alarms.models import Alarm

NOON = datetime(2026, 7, 14, 4, 0, tzinfo=UTC)
"""12:00 in Shanghai on a Tuesday."""
_numbers = count(1)


def company(name: str) -> Enterprise:
    """A company of that name."""
    return Enterprise.objects.get_or_create(name=name, defaults={"uscc": f"91310000{next(_numbers):010d}"})[0]


def works(district: str = "310106", level: str = "CITY_DIRECT", kind: str = "GY", **said: Any) -> Works:
    """A work in a district."""
    number = next(_numbers)
    fields = {"name": f"工程{number}", "works_no": f"RF-{district}-{kind}-2010-{number:04d}", **said}
    return Works.objects.create(district_code=district, management_level=level, kind=kind, **fields)


def device(place: Works, sensor: str = "TEMP", maker: str = "", batch: str = "", **said: Any) -> Device:
    """A device of a maker and batch."""
    number = next(_numbers)
    made_by = company(maker) if maker else None
    lot = DeviceBatch.objects.get_or_create(maker=made_by, batch_no=batch)[0] if batch else None
    fields = {
        "name": f"设备{number}",
        "status": DeviceStatus.ONLINE,
        "installed_on": date(2026, 1, 5),
        **said,
    }
    code = f"D-{sensor}-{number:05d}"
    return Device.objects.create(
        works=place, sensor_type=sensor, maker=made_by, batch=lot, device_no=code, device_id=code, **fields
    )


def alarm(
    on: Device, verdict: str = "", at: datetime = NOON, hours: float | None = 1.0, **said: Any
) -> Alarm:
    """An alarm of a device, handled after so many hours; ``None``: still open."""
    made = plan(on, verdict, at, hours, **said)
    made.save()
    return made


def plan(on: Device, verdict: str, at: datetime, hours: float | None = 1.0, **said: Any) -> Alarm:
    """The same, not yet stored."""
    ended = None if hours is None else at + timedelta(hours=hours)
    fields: dict[str, Any] = {
        "number": f"YJT{next(_numbers):09d}",
        "works": on.works,
        "district_code": on.works.district_code,
        "metric": on.sensor_type,
        "category": "ENV",
        "title": "温度偏高",
        "message": "温度偏高",
        "level": 3,
        "peak_level": 3,
        "state": "CLOSED" if ended else "NEW",
        "verdict": verdict,
        "opened_at": at,
        "raised_at": at,
        "last_at": at,
        "resolved_at": ended,
        "closed_at": ended,
        "handle_due": at + timedelta(hours=24),
    }
    return Alarm(device=on, **{**fields, **said})


def judged(on: Device, false: int, real: int, at: datetime = NOON) -> None:
    """So many false and real alarms, and one each that counts for neither."""
    wrong, right = ("FALSE_DEVICE", "FALSE_ENV", "FALSE_HUMAN"), ("REAL_FIXED", "REAL_PENDING")
    verdicts = [wrong[n % 3] for n in range(false)] + [right[n % 2] for n in range(real)]
    Alarm.objects.bulk_create(plan(on, verdict, at) for verdict in (*verdicts, "DUPLICATE", "TEST"))


def people() -> dict[str, Person]:
    """A watcher and an administrator of the city, a watcher and an administrator of the district 310106."""
    load_roles()
    kinds = OrganizationKind
    city = _office("A-CITY", kinds.MUNICIPAL_OFFICE, "310000")
    district = _office("A-310106", kinds.DISTRICT_OFFICE, "310106")
    return {
        "watcher": _person("watcher", city, "iot_watcher"),
        "admin": _person("admin", city, "iot_admin"),
        "district": _person("district", district, "iot_watcher"),
        "local": _person("local", district, "iot_admin"),
    }


def _office(code: str, kind: str, district: str) -> Organization:
    return Organization.objects.create(
        code=code, name=code, short_name=code, kind=kind, district_code=district
    )


def _person(name: str, office: Organization, role: str) -> Person:
    found = Person.objects.create(username=f"a.{name}", name=name, kind=PersonKind.STAFF, organization=office)
    RoleGrant.objects.create(person=found, role=Role.objects.get(code=role), organization=office)
    return found

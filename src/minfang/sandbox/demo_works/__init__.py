"""The demonstration's works and devices: seeded, the same at every start, made once.

``load(devices=500)`` serves the demonstration, tests and measurements alike; ``secret_of(device_id)`` is what
a simulated device proves itself with, ``weak_batches()`` are those that report falsely more often.
"""

import logging
import time
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction

from minfang.registry.models import Device, Equipment, Works
from minfang.registry.sensor_types import GATEWAY
from minfang.sandbox.demo_works.devices import devices as _devices
from minfang.sandbox.demo_works.devices import name_makers, secret_of
from minfang.sandbox.demo_works.offices import ensure_companies, ensure_offices
from minfang.sandbox.demo_works.plan import lines, weak_batches
from minfang.sandbox.demo_works.structure import Built, build

__all__ = ["ensure_offices", "lines", "load", "secret_of", "weak_batches"]
log = logging.getLogger(__name__)
CHUNK = 1000


@transaction.atomic
def load(devices: int = 500) -> int:
    """18 works with this many devices, gateways among them; returns how many devices were made.

    What is there already stays as it is; asked for more devices later, only those missing are added. Offices
    of the installation (``publishing.load_all``) must exist.
    """
    begun = time.monotonic()
    known = set(Device.objects.values_list("device_id", flat=True))
    if len(known) >= devices and Works.objects.filter(works_no=lines()[0].no).exists():
        return 0
    ensure_offices()
    ensure_companies()
    built = build()
    made = _devices(built, devices)
    fresh = [row for row in made if row.device_id not in known]
    name_makers(fresh)
    _write_structure(built)
    _write_devices(made, fresh)
    log.info("%s demonstration devices in %.1f s", len(fresh), time.monotonic() - begun)
    return len(fresh)


def _write_structure(built: list[Built]) -> None:
    units = [unit for one in built for unit in one.units]
    _keep((one.works for one in built), "works_no")
    _keep((floor for one in built for floor in one.floors), "works_id", "code")
    _keep((unit.row for unit in units), "unit_no")
    _keep((room for unit in units for room in unit.rooms.values()), "room_no")
    _keep((entrance for unit in units for entrance in unit.entrances), "entrance_no")
    _keep((row for unit in units for row in _equipment(unit)), "equipment_no")


def _equipment(unit: Any) -> list[Equipment]:
    return [*unit.doors, *unit.equipment.values()]


def _keep(rows: Iterable[models.Model], *key: str) -> None:
    """Write the rows that are not there, and give those that are the key they have."""
    found = list(rows)
    manager = type(found[0])._base_manager
    for row in found:
        _refer(row)
    stored = {tuple(values[:-1]): values[-1] for values in manager.values_list(*key, "pk")}
    for row in found:
        row.pk = stored.get(tuple(getattr(row, name) for name in key))
    manager.bulk_create([row for row in found if row.pk is None], batch_size=CHUNK)


def _refer(row: models.Model) -> None:
    """Take over the keys that the rows referred to were given when they were written."""
    for field in row._meta.concrete_fields:
        if isinstance(field, models.ForeignKey) and field.is_cached(row):
            other = field.get_cached_value(row)
            setattr(row, field.attname, other.pk if other is not None else None)


def _write_devices(made: list[Device], fresh: list[Device]) -> None:
    """Gateways first: the others refer to them."""
    _keep((row for row in made if row.sensor_type == GATEWAY), "device_id")
    Device.objects.bulk_create([row for row in fresh if row.sensor_type != GATEWAY], batch_size=CHUNK)

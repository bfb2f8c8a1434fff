"""The fleet as the registry knows it: read once a minute, so that a device added there begins to speak."""

from typing import Any

from django.db import connection

from minfang.registry.models import Device, DeviceStatus, OpState, Works
from minfang.registry.sensor_types import GATEWAY
from minfang.sandbox import demo_works
from minfang.sandbox.devices import physics
from minfang.sandbox.devices.fleet import Fleet, Spot

MORE = {"POWER": ("POWER", "UPS")}
WIRELESS = ("WATER", "TILT", "DOORST", "INTRUDE", "TEMP", "HUMI")
SILENT = (DeviceStatus.DISABLED, DeviceStatus.MAINTENANCE)


def metrics_of(kind: str) -> tuple[str, ...]:
    """What a device of this kind reports; wireless ones their battery too."""
    own = MORE.get(kind, (kind,) if kind in physics.LAWS else ())
    return (*own, "BATTERY") if kind in WIRELESS else own


def read() -> Fleet:
    """All devices in service, with the design values of the equipment they watch; one query."""
    rows = (
        Device.objects.filter(retired_at=None)
        .exclude(status__in=SILENT)
        .select_related("works", "unit", "equipment", "gateway", "batch")
        .order_by("device_id")
    )
    found = [_spot(row) for row in rows]
    first = {spot.works_no: spot.device_id for spot in reversed(found) if spot.kind == GATEWAY}
    return Fleet(tuple(_spoken_for(spot, first) for spot in found))


def _spot(row: Any) -> Spot:
    design = row.equipment.design if row.equipment else {}
    return Spot(
        row.device_id,
        row.works.works_no,
        row.sensor_type,
        metrics_of(row.sensor_type),
        period=max(row.period_seconds, 5),
        unit=row.unit.unit_no if row.unit else "",
        outside=row.outside,
        name=row.name,
        works_name=row.works.name,
        use=row.works.peacetime_use or "IDLE",
        batch=row.batch.batch_no if row.batch else "",
        gateway=row.gateway.device_id if row.gateway else "",
        design={key: float(value) for key, value in design.items() if isinstance(value, int | float)},
    )


def _spoken_for(spot: Spot, first: dict[str, str]) -> Spot:
    """A device without a gateway of its own uses the first of its work."""
    if spot.gateway or spot.kind == GATEWAY or spot.works_no not in first:
        return spot
    return Spot(**{**vars_of(spot), "gateway": first[spot.works_no]})


def vars_of(spot: Spot) -> dict[str, Any]:
    """The fields of a device without what was computed from them."""
    return {name: getattr(spot, name) for name in Spot.__dataclass_fields__}


def in_emergency() -> frozenset[str]:
    """Numbers of the works that are in 应急 now."""
    rows = Works.objects.filter(op_state=OpState.EMERGENCY).values_list("works_no", flat=True)
    return frozenset(rows)


def weak_batches() -> tuple[str, ...]:
    """Batches that report falsely more often, in order of their numbers."""
    return tuple(sorted(demo_works.weak_batches()))


def secret_of(device_id: str) -> str:
    """What a demonstration device signs in with."""
    return demo_works.secret_of(device_id)


def done() -> None:
    """Give the connection back; the next reading takes a new one."""
    connection.close()

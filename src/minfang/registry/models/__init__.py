"""Master data both wings share: works, units, floors, rooms, equipment, devices, enterprises."""

from minfang.registry.models.devices import Device, DeviceEvent, DeviceStatus, Equipment
from minfang.registry.models.enterprises import DeviceBatch, Enterprise, EnterpriseRole
from minfang.registry.models.works import (
    Entrance,
    EntranceRank,
    Floor,
    Lifecycle,
    ManagementLevel,
    OpState,
    Part,
    ProtectiveUnit,
    Room,
    Works,
    WorksEvent,
    WorksKind,
    place_words,
    seen_by,
)

__all__ = [
    "Device",
    "DeviceBatch",
    "DeviceEvent",
    "DeviceStatus",
    "Enterprise",
    "EnterpriseRole",
    "Entrance",
    "EntranceRank",
    "Equipment",
    "Floor",
    "Lifecycle",
    "ManagementLevel",
    "OpState",
    "Part",
    "ProtectiveUnit",
    "Room",
    "Works",
    "WorksEvent",
    "WorksKind",
    "place_words",
    "seen_by",
]

"""Devices as pages show and change them."""

from datetime import date, datetime

from pydantic import Field

from minfang.kernel.base.schemas import Option, Schema
from minfang.registry.schemas.works import FacetCount, RegistryEvent


class DeviceDue(Schema):
    """A day something is due; ``state`` NONE, GOOD, SOON or OVER."""

    on: date | None
    state: str
    text: str


class DeviceRow(Schema):
    """A device in a list."""

    id: int
    device_no: str
    device_id: str
    name: str
    sensor_type: str
    type_label: str
    works_id: int
    works_name: str
    district_name: str
    place: str
    position: str
    maker: str
    batch: str
    status: str
    status_label: str
    last_seen_at: datetime | None
    battery: int | None
    installed_on: date | None
    life_share: float | None
    life: DeviceDue
    calibration: DeviceDue
    maintenance: DeviceDue


class DeviceList(Schema):
    """A page of devices with how many there are in each state and of each type."""

    rows: list[DeviceRow]
    total: int
    by_status: list[FacetCount]
    by_type: list[FacetCount]


class DeviceDetail(DeviceRow):
    """One device with its history."""

    works_no: str
    works_op_state: str
    unit_id: int | None
    unit: str
    floor_id: int | None
    floor: str
    room_id: int | None
    room: str
    entrance: str
    equipment_id: int | None
    equipment: str
    equipment_design: list[Option]
    gateway_id: int | None
    gateway: str
    maker_id: int | None
    batch_id: int | None
    installer_id: int | None
    installer: str
    model: str
    outside: bool
    period_seconds: int
    life_months: int | None
    calibrated_on: date | None
    calibration_months: int | None
    maintained_on: date | None
    maintenance_months: int | None
    status_at: datetime | None
    has_secret: bool
    added_in_emergency: bool
    retired_at: datetime | None
    version: int
    events: list[RegistryEvent]
    may_manage: bool
    may_handle: bool


class DeviceIn(Schema):
    """What is written of a device; number and name on the wire are given where they are left empty."""

    works_id: int
    device_no: str = Field("", max_length=50)
    device_id: str = Field("", max_length=64, pattern=r"^[A-Za-z0-9_-]*$")
    name: str = Field(max_length=80)
    sensor_type: str
    unit_id: int | None = None
    floor_id: int | None = None
    room_id: int | None = None
    equipment_id: int | None = None
    gateway_id: int | None = None
    position: str = Field("", max_length=80)
    outside: bool = False
    maker_id: int | None = None
    batch_id: int | None = None
    installer_id: int | None = None
    model: str = Field("", max_length=80)
    installed_on: date | None = None
    life_months: int | None = Field(None, ge=1, le=600)
    calibration_months: int | None = Field(None, ge=1, le=600)
    maintenance_months: int | None = Field(None, ge=1, le=600)
    period_seconds: int = Field(300, ge=1, le=2_592_000)


class DeviceChange(DeviceIn):
    """A change of a device on the page of the version that was seen."""

    seen_version: int
    reason: str = Field("", max_length=200)


class DeviceStatusIn(Schema):
    """Take a device out of service for maintenance or for good, or back into it."""

    to: str
    reason: str = Field(max_length=200)
    seen_version: int


class DeviceActIn(Schema):
    """Calibrated or maintained on a day."""

    on: date
    note: str = Field("", max_length=200)
    seen_version: int


class DeviceReplaceIn(Schema):
    """A new device at the place of an old one."""

    device_id: str = Field("", max_length=64, pattern=r"^[A-Za-z0-9_-]*$")
    maker_id: int | None = None
    batch_id: int | None = None
    installer_id: int | None = None
    model: str = Field("", max_length=80)
    installed_on: date
    reason: str = Field(max_length=200)
    seen_version: int


class DeviceSecret(Schema):
    """A new secret of a device; it is shown this once and not kept."""

    secret: str


class DeviceWithSecret(Schema):
    """A device just made, with the secret that is shown this once."""

    device: DeviceDetail
    secret: str

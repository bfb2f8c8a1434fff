"""Equipment of works and the sensing devices that report on them."""

from typing import ClassVar

from django.db import models
from django.db.models import QuerySet

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.registry.models.enterprises import DeviceBatch, Enterprise
from minfang.registry.models.works import (
    Entrance,
    Floor,
    Part,
    ProtectiveUnit,
    Room,
    Works,
    place_words,
    seen_by,
)


class DeviceStatus(models.TextChoices):
    """``dev_status`` (handbook §9.2); OFFLINE is three missed periods, LOW_BATTERY under 20 %."""

    ONLINE = "ONLINE", "在线"
    OFFLINE = "OFFLINE", "离线"
    FAULT = "FAULT", "故障"
    MAINTENANCE = "MAINTENANCE", "维护中"
    DISABLED = "DISABLED", "停用"
    LOW_BATTERY = "LOW_BATTERY", "电量低"


class Equipment(Part):
    """A built-in piece: fan, pump, filter, door, tank, generator (``{works_no}-{category}-{nnn}``)."""

    works = models.ForeignKey(Works, models.PROTECT, related_name="equipment")
    unit = models.ForeignKey(
        ProtectiveUnit, models.PROTECT, null=True, related_name="equipment", verbose_name="防护单元"
    )
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="equipment", verbose_name="房间")
    entrance = models.ForeignKey(
        Entrance, models.PROTECT, null=True, related_name="equipment", verbose_name="口部"
    )
    equipment_no = models.CharField("设备编号", max_length=50, unique=True)
    category = models.CharField("设备类", max_length=10)
    name = models.CharField("名称", max_length=80)
    maker = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, related_name="+", verbose_name="生产厂家"
    )
    installed_on = models.DateField("安装日期", null=True)
    life_months = models.PositiveSmallIntegerField("设计寿命（月）", null=True)
    maintained_on = models.DateField("上次保养", null=True)
    maintenance_months = models.PositiveSmallIntegerField("保养周期（月）", null=True)
    design = models.JSONField("设计参数", default=dict)  # rated current A, initial resistance Pa, levels mm …

    class Meta:
        db_table = "reg_equipment"
        ordering: ClassVar = ["works_id", "equipment_no"]

    def __str__(self) -> str:
        return self.name


class DeviceQuerySet(QuerySet["Device"]):
    """Devices, and who may see which."""

    def visible_to(self, access: Access, permission: str = "iot.read") -> "DeviceQuerySet":
        """Devices in works within this person's data scope."""
        return self.filter(seen_by(access, permission, "works__"))


class Device(models.Model):
    """A sensing device (传感设备), ``{works_no}-S-{type}-{nnn}``; ``device_id`` is its name on the wire.

    ``sensor_type`` is its main type code of handbook §9.1; a device may report several metrics.
    ``added_in_emergency`` marks those brought in while the work was in 应急 (handbook §9.4).
    """

    works = models.ForeignKey(Works, models.PROTECT, related_name="devices")
    unit = models.ForeignKey(ProtectiveUnit, models.PROTECT, null=True, related_name="devices")
    floor = models.ForeignKey(Floor, models.PROTECT, null=True, related_name="devices")
    room = models.ForeignKey(Room, models.PROTECT, null=True, related_name="devices")
    entrance = models.ForeignKey(Entrance, models.PROTECT, null=True, related_name="devices")
    equipment = models.ForeignKey(Equipment, models.PROTECT, null=True, related_name="devices")
    gateway = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    device_no = models.CharField("设备编号", max_length=50, unique=True)
    device_id = models.CharField("通信标识", max_length=64, unique=True)
    sensor_type = models.CharField("类型", max_length=12, db_index=True)
    name = models.CharField("名称", max_length=80)
    position = models.CharField("位置", max_length=80, default="", blank=True)
    outside = models.BooleanField("单元外", default=False)
    maker = models.ForeignKey(Enterprise, models.PROTECT, null=True, related_name="made_devices")
    batch = models.ForeignKey(DeviceBatch, models.PROTECT, null=True, related_name="devices")
    installer = models.ForeignKey(Enterprise, models.PROTECT, null=True, related_name="installed_devices")
    model = models.CharField("型号", max_length=80, default="", blank=True)
    installed_on = models.DateField("安装日期", null=True)
    life_months = models.PositiveSmallIntegerField("有效时长（月）", null=True)
    maintained_on = models.DateField("上次保养", null=True)
    maintenance_months = models.PositiveSmallIntegerField("保养周期（月）", null=True)
    calibrated_on = models.DateField("上次标定", null=True)
    calibration_months = models.PositiveSmallIntegerField("标定周期（月）", null=True)
    period_seconds = models.PositiveIntegerField("采样间隔（秒）", default=300)
    status = models.CharField(
        "状态", max_length=12, choices=DeviceStatus.choices, default=DeviceStatus.OFFLINE, db_index=True
    )
    status_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    battery = models.PositiveSmallIntegerField("电量（%）", null=True)
    secret_digest = models.CharField(max_length=100, default="")
    added_in_emergency = models.BooleanField(default=False)
    retired_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = DeviceQuerySet.as_manager()

    class Meta:
        db_table = "reg_device"
        ordering: ClassVar = ["device_no"]
        indexes: ClassVar = [models.Index(fields=["works", "sensor_type"], name="reg_device_works_idx")]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> str:
        """Where it hangs, in words."""
        return place_words(self.works, self.unit, self.floor, self.room)


class DeviceEvent(models.Model):
    """One change of a device: edited, status, calibrated, maintained, replaced, new secret. Append-only."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, default="")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "reg_device_event"
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["device", "at"], name="reg_device_event_idx")]

"""Works (工程) with their units, floors, rooms and entrances, and what they went through."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet

from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization, OrganizationKind, Person
from minfang.registry.models.enterprises import Enterprise


class WorksKind(models.TextChoices):
    """Kind in the number of a work (handbook §8.3)."""

    COMBINED = "JJ", "结建"
    STANDALONE = "DJ", "单建"
    PUBLIC = "GY", "公用"
    DUAL_USE = "JG", "兼顾"
    EARLY = "ZQ", "早期"


class ManagementLevel(models.TextChoices):
    """Who looks after it: the city itself or a district."""

    CITY_DIRECT = "CITY_DIRECT", "市直属"
    DISTRICT = "DISTRICT", "区管"


class Lifecycle(models.TextChoices):
    """Life of a work, ``WorksLifecycle`` (handbook §8.3)."""

    PLANNED = "PLANNED", "规划"
    APPROVED = "APPROVED", "已批"
    UNDER_CONSTRUCTION = "UNDER_CONSTRUCTION", "在建"
    ACCEPTED = "ACCEPTED", "已验收"
    IN_USE = "IN_USE", "在用"
    RENOVATING = "RENOVATING", "改造中"
    RETIRED = "RETIRED", "退出序列"
    DEMOLISHED = "DEMOLISHED", "已拆除"


class OpState(models.TextChoices):
    """Readiness, ``op_state`` (handbook §9.2): which rules and which views apply."""

    PEACE = "PEACE", "平时阶段"
    TRANSITION = "TRANSITION", "平急转换阶段"
    EMERGENCY = "EMERGENCY", "应急阶段"


CITY_WIDE = (OrganizationKind.MUNICIPAL_OFFICE, OrganizationKind.SUPERVISION_CENTER)
OF_A_DISTRICT = (OrganizationKind.DISTRICT_OFFICE, OrganizationKind.AUTHORIZED_COMMITTEE)


def seen_by(access: Access, permission: str, prefix: str = "") -> Q:
    """The condition on works a person may see: the city all, a district its own, a keeper those it keeps.

    ``prefix`` leads to the work, e.g. ``"device__works__"`` from a series.
    """
    offices = Organization.objects.filter(pk__in=access.offices_for(permission)).select_related("parent")
    found = Q(pk__in=[])
    for office in (row.office for row in offices):
        if office.kind in CITY_WIDE:
            return Q()
        if office.kind in OF_A_DISTRICT:
            found |= Q(**{f"{prefix}district_code": office.district_code})
        else:
            found |= Q(**{f"{prefix}managing_unit": office.pk})
    return found


class WorksQuerySet(QuerySet["Works"]):
    """Works, and who may see which."""

    def visible_to(self, access: Access, permission: str = "works.read") -> "WorksQuerySet":
        """Works within the data scope in which this person holds ``permission``."""
        return self.filter(seen_by(access, permission))


class Works(models.Model):
    """One underground work (人防工程), master record (handbook §8.5)."""

    works_no = models.CharField("工程编号", max_length=30, unique=True)
    prev_no = models.CharField("原编号", max_length=30, default="", blank=True)
    name = models.CharField("工程名称", max_length=200)
    kind = models.CharField("类别", max_length=2, choices=WorksKind.choices)
    management_level = models.CharField("管理层级", max_length=12, choices=ManagementLevel.choices)
    district_code = models.CharField("区", max_length=6, db_index=True)
    street = models.CharField("街镇", max_length=60, default="", blank=True)
    address = models.CharField("地址", max_length=200, default="", blank=True)
    longitude = models.FloatField("经度", null=True)
    latitude = models.FloatField("纬度", null=True)
    built_year = models.PositiveSmallIntegerField("建成年份", null=True)
    wartime_use = models.CharField("战时用途", max_length=20, default="", blank=True)
    peacetime_use = models.CharField("平时用途", max_length=20, default="", blank=True)
    protection_class = models.CharField("防护类别", max_length=10, default="", blank=True)
    resistance_level = models.CharField("抗力级别", max_length=20, default="", blank=True)
    chemical_level = models.CharField("防化级别", max_length=4, default="", blank=True)
    building_area = models.DecimalField("建筑面积", max_digits=12, decimal_places=2, null=True)
    usable_area = models.DecimalField("使用面积", max_digits=12, decimal_places=2, null=True)
    shelter_area = models.DecimalField("掩蔽面积", max_digits=12, decimal_places=2, null=True)
    managing_unit = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="kept_works", verbose_name="管理单位"
    )
    owner = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, related_name="+", verbose_name="所有权人"
    )
    contractor = models.ForeignKey(
        Enterprise, models.PROTECT, null=True, related_name="built_works", verbose_name="承建单位"
    )
    lifecycle = models.CharField("状态", max_length=20, choices=Lifecycle.choices, default=Lifecycle.IN_USE)
    op_state = models.CharField("平急状态", max_length=12, choices=OpState.choices, default=OpState.PEACE)
    details = models.JSONField("其他", default=dict)
    version = models.PositiveIntegerField(default=1)

    objects = WorksQuerySet.as_manager()

    class Meta:
        db_table = "reg_works"
        ordering: ClassVar = ["works_no"]

    def __str__(self) -> str:
        return self.name


class WorksEvent(models.Model):
    """One change of a work: life, readiness, or fields with their values before and after. Append-only."""

    works = models.ForeignKey(Works, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12)  # CREATED, EDITED, LIFECYCLE, OP_STATE, IMPORTED
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, default="")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "reg_works_event"
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["works", "kind", "at"], name="reg_works_event_idx")]


class StandingManager(models.Manager[Any]):
    """Parts of works that stand; those given up are found by ``every`` and by what refers to them."""

    def get_queryset(self) -> QuerySet[Any]:
        return super().get_queryset().filter(retired_at=None)


class Part(models.Model):
    """A part of a work. What is given up (停用) stays, for readings, alarms and history refer to it."""

    retired_at = models.DateTimeField("停用时间", null=True)

    objects: ClassVar[models.Manager[Any]] = StandingManager()
    every: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        abstract = True


class Floor(Part):
    """A storey; ``level`` counts from the ground, -1 the first below it."""

    works = models.ForeignKey(Works, models.PROTECT, related_name="floors")
    code = models.CharField("层号", max_length=10)
    name = models.CharField("名称", max_length=60)
    level = models.SmallIntegerField("层序")

    class Meta:
        db_table = "reg_floor"
        ordering: ClassVar = ["works_id", "-level"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["works", "code"], name="reg_floor_unique")]

    def __str__(self) -> str:
        return self.code


class ProtectiveUnit(Part):
    """A protective unit (防护单元), ``{works_no}-F{nn}``."""

    works = models.ForeignKey(Works, models.PROTECT, related_name="units")
    unit_no = models.CharField("单元编号", max_length=40, unique=True)
    name = models.CharField("名称", max_length=60)
    position = models.PositiveSmallIntegerField("序号", default=1)
    floor = models.ForeignKey(Floor, models.PROTECT, null=True, related_name="units", verbose_name="层")
    wartime_use = models.CharField("战时用途", max_length=20, default="", blank=True)
    chemical_level = models.CharField("防化级别", max_length=4, default="", blank=True)
    building_area = models.DecimalField("建筑面积", max_digits=12, decimal_places=2, null=True)
    shelter_area = models.DecimalField("掩蔽面积", max_digits=12, decimal_places=2, null=True)
    capacity = models.PositiveIntegerField("掩蔽人数", null=True)

    class Meta:
        db_table = "reg_unit"
        ordering: ClassVar = ["works_id", "position"]

    def __str__(self) -> str:
        return self.name


class Room(Part):
    """A room or area; ``special`` is a 专用房 (guard, filter, fan, alarm room)."""

    works = models.ForeignKey(Works, models.PROTECT, related_name="rooms")
    unit = models.ForeignKey(
        ProtectiveUnit, models.PROTECT, null=True, related_name="rooms", verbose_name="防护单元"
    )
    floor = models.ForeignKey(Floor, models.PROTECT, null=True, related_name="rooms", verbose_name="层")
    room_no = models.CharField("房间编号", max_length=50, unique=True)
    name = models.CharField("名称", max_length=60)
    special = models.BooleanField("专用房", default=False)

    class Meta:
        db_table = "reg_room"
        ordering: ClassVar = ["works_id", "room_no"]

    def __str__(self) -> str:
        return self.name


class EntranceRank(models.TextChoices):
    """What an entrance is to its unit (handbook §8.3)."""

    MAIN = "MAIN", "主要"
    SECONDARY = "SECONDARY", "次要"
    SPARE = "SPARE", "备用"


class Entrance(Part):
    """An entrance part (口部), ``{works_no}-K{nn}``."""

    works = models.ForeignKey(Works, models.PROTECT, related_name="entrances")
    unit = models.ForeignKey(
        ProtectiveUnit, models.PROTECT, null=True, related_name="entrances", verbose_name="防护单元"
    )
    entrance_no = models.CharField("口部编号", max_length=40, unique=True)
    name = models.CharField("名称", max_length=60)
    rank = models.CharField("类型", max_length=10, choices=EntranceRank.choices, default=EntranceRank.MAIN)

    class Meta:
        db_table = "reg_entrance"
        ordering: ClassVar = ["works_id", "entrance_no"]

    def __str__(self) -> str:
        return self.name


def place_words(works: Any, unit: Any = None, floor: Any = None, room: Any = None) -> str:
    """Where something is, in the order people say it: 工程 层 单元 房间."""
    return " ".join(str(part) for part in (works, floor, unit, room) if part is not None)

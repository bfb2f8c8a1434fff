"""Alarms, what happened to them, pictures, and what raised none."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from minfang.kernel.base import clock
from minfang.kernel.files.models import StoredFile
from minfang.kernel.iam.models import Organization, Person
from minfang.registry.models import Device, ProtectiveUnit, Works
from minfang.supervision.alarms.models.words import AlarmState, Category, Level, Source, Suppression, Verdict
from minfang.supervision.rules.models import AlarmRule, AlarmRuleVersion
from minfang.supervision.telemetry.models import Series


class DayNumber(models.Model):
    """The last alarm number of a Shanghai day; its row lock puts those who open alarms in one order."""

    day = models.DateField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "alm_day_number"


class Alarm(models.Model):
    """One alarm (``YJ`` + day + number). ``closed_at`` null means it is open (未闭环).

    ``open_key`` is unique while it is open, so that one rule has at most one open alarm on a series.
    ``opened_at`` is event time, ``raised_at`` when the product knew, ``cleared_at`` when the condition ended.
    ``lead`` is the alarm whose push told of this one too. ``rule_version`` is the version that raised it;
    ``version`` counts changes by people, who name the one they saw.
    """

    number = models.CharField("预警编号", max_length=20, unique=True)
    source = models.CharField("来源", max_length=6, choices=Source.choices, default=Source.RULE)
    external_id = models.CharField("外部编号", max_length=100, default="", blank=True)
    rule = models.ForeignKey(AlarmRule, models.PROTECT, null=True, related_name="alarms")
    rule_version = models.ForeignKey(AlarmRuleVersion, models.PROTECT, null=True, related_name="alarms")
    series = models.ForeignKey(Series, models.PROTECT, null=True, related_name="alarms")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="alarms")
    works = models.ForeignKey(Works, models.PROTECT, related_name="alarms")
    unit = models.ForeignKey(ProtectiveUnit, models.PROTECT, null=True, related_name="alarms")
    district_code = models.CharField("区", max_length=6)
    metric = models.CharField("传感类型", max_length=12, default="", blank=True)
    category = models.CharField("类别", max_length=10, choices=Category.choices)
    title = models.CharField("名称", max_length=120)
    level = models.PositiveSmallIntegerField("级别", choices=Level.choices)
    peak_level = models.PositiveSmallIntegerField("最高级别", choices=Level.choices)
    state = models.CharField("状态", max_length=12, choices=AlarmState.choices, default=AlarmState.NEW)
    open_key = models.CharField(max_length=120, null=True, unique=True)
    opened_at = models.DateTimeField("发生时间")
    raised_at = models.DateTimeField("生成时间")
    last_at = models.DateTimeField("最近一次")
    cleared_at = models.DateTimeField("恢复时间", null=True)
    count = models.PositiveIntegerField("次数", default=1)
    value = models.FloatField("触发值", null=True)
    last_value = models.FloatField("最新值", null=True)
    threshold = models.FloatField("阈值", null=True)
    message = models.CharField("内容", max_length=500)
    explanation = models.JSONField(default=dict)
    suppressed_by = models.CharField(max_length=12, choices=Suppression.choices, default="", blank=True)
    suppressed_reason = models.CharField(max_length=200, default="", blank=True)
    lead = models.ForeignKey("self", models.PROTECT, null=True, related_name="followers")
    tags = models.JSONField("标签", default=list)
    confirm_due = models.DateTimeField("确认时限", null=True)
    handle_due = models.DateTimeField("处置时限", null=True)
    overdue_at = models.DateTimeField("超时时间", null=True)
    overdue_kind = models.CharField(max_length=8, default="", blank=True)  # CONFIRM or HANDLE
    pushed_at = models.DateTimeField(null=True)
    next_repeat_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField("确认时间", null=True)
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    dispatched_at = models.DateTimeField("派单时间", null=True)
    dispatched_to = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    dispatched_office = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="+")
    arrive_by = models.DateTimeField("约定到场", null=True)
    started_at = models.DateTimeField("开始处置", null=True)
    verdict = models.CharField("判定", max_length=12, choices=Verdict.choices, default="", blank=True)
    cause = models.CharField("原因", max_length=500, default="", blank=True)
    measure = models.CharField("措施", max_length=500, default="", blank=True)
    retest_value = models.FloatField("复测值", null=True)
    retest_at = models.DateTimeField("复测时间", null=True)
    handled_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    duplicate_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="duplicates")
    resolved_at = models.DateTimeField("处置完成", null=True)
    closed_at = models.DateTimeField("闭环时间", null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "alm_alarm"
        ordering: ClassVar = ["-opened_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["closed_at", "level", "-opened_at"], name="alm_alarm_open_idx"),
            models.Index(fields=["-opened_at", "-id"], name="alm_alarm_time_idx"),
            models.Index(fields=["works", "-opened_at"], name="alm_alarm_works_idx"),
            models.Index(fields=["device", "-opened_at"], name="alm_alarm_device_idx"),
            models.Index(fields=["category", "-opened_at"], name="alm_alarm_category_idx"),
            models.Index(fields=["rule", "-opened_at"], name="alm_alarm_rule_idx"),
            models.Index(fields=["next_repeat_at"], name="alm_alarm_repeat_idx"),
            models.Index(fields=["source", "external_id"], name="alm_alarm_external_idx"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(open_key__isnull=True) | Q(closed_at__isnull=True), name="alm_alarm_key_open"
            ),
            models.CheckConstraint(condition=Q(peak_level__lte=F("level")), name="alm_alarm_peak"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def subject(self) -> str:
        """The name of this alarm in the kernel's rooms."""
        return f"alarm:{self.number}"

    @property
    def is_open(self) -> bool:
        """未闭环: not closed, not judged false, not ignored."""
        return self.closed_at is None


class AlarmEvent(models.Model):
    """One thing that happened to an alarm, by a person, the product or an outside platform."""

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16)
    at = models.DateTimeField(default=clock.now)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    state_before = models.CharField(max_length=12, default="", blank=True)
    state_after = models.CharField(max_length=12, default="", blank=True)
    level = models.PositiveSmallIntegerField(null=True)
    note = models.CharField(max_length=500, default="", blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        db_table = "alm_event"
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["alarm", "at"], name="alm_event_alarm_idx")]


class AlarmPhoto(models.Model):
    """A picture of the place, taken while handling an alarm."""

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="photos")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    added_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "alm_photo"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["alarm", "file"], name="alm_photo_once")]


class HeldBack(models.Model):
    """What fulfilled a condition and raised nothing, by rule, series, reason and Shanghai day."""

    rule = models.ForeignKey(AlarmRule, models.CASCADE, related_name="+")
    series = models.ForeignKey(Series, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=12)
    day = models.DateField(db_index=True)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    last_value = models.FloatField(null=True)
    steps = models.JSONField(default=list)

    class Meta:
        db_table = "alm_held_back"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "series", "reason", "day"], name="alm_held_back_once"),
        ]


class ThirdEvent(models.Model):
    """One alarm event of a third system as it came; its raw contents stand in the exchange's inbox.

    ``problem`` says why no alarm came of it; such rows are looked at again when devices change.
    """

    source = models.CharField(max_length=32)
    external_id = models.CharField(max_length=100)
    inbox_id = models.BigIntegerField()
    kind = models.CharField(max_length=40, default="", blank=True)
    alarm = models.ForeignKey(Alarm, models.SET_NULL, null=True, related_name="third_events")
    problem = models.CharField(max_length=200, default="", blank=True)
    received_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "alm_third_event"
        ordering: ClassVar = ["-received_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "external_id"], name="alm_third_event_once"),
        ]

"""Rules with their versions, named frequency thresholds, what the engine remembers, and back-tests."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Person


class FrequencyThreshold(models.Model):
    """A named frequency (预警频次阈值) several rules may use: ``times`` within ``span_seconds``."""

    code = models.CharField("编码", max_length=30, unique=True)
    name = models.CharField("名称", max_length=60)
    times = models.PositiveSmallIntegerField("次数")
    span_seconds = models.PositiveIntegerField("时长（秒）")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "rul_frequency"
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(times__gte=2) & Q(span_seconds__gte=1), name="rul_frequency_real"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AlarmRule(models.Model):
    """An alarm rule by its code; what it says stands in its versions.

    ``enabled`` switches the published version on and off without touching it; ``revision`` counts every
    change of what is in force, so that engines know when to read anew.
    """

    code = models.CharField("规则编号", max_length=40, unique=True)
    name = models.CharField("名称", max_length=80)
    category = models.CharField("预警类别", max_length=10, db_index=True)
    enabled = models.BooleanField("启用", default=True)
    off_reason = models.CharField("停用原因", max_length=200, default="", blank=True)
    shipped = models.BooleanField("系统预置", default=False)
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "rul_rule"
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class VersionState(models.TextChoices):
    """Life of a version; a rule has at most one draft and one published version."""

    DRAFT = "DRAFT", "草稿"
    PUBLISHED = "PUBLISHED", "已发布"
    RETIRED = "RETIRED", "已被取代"


class AlarmRuleVersion(models.Model):
    """What a rule says from one moment on (JSON of ``definition.RuleDefinition``); frozen once published.

    ``edit`` counts savings of a draft: who saves or publishes names the one they saw. ``draft_key`` and
    ``live_key`` hold the rule's id while the version is the draft or the published one, else null.
    """

    rule = models.ForeignKey(AlarmRule, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField("版本")
    state = models.CharField(max_length=10, choices=VersionState.choices, default=VersionState.DRAFT)
    definition = models.JSONField()
    digest = models.CharField(max_length=64)
    reason = models.CharField("发布理由", max_length=200, default="", blank=True)
    edit = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    published_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    draft_key = models.IntegerField(null=True, unique=True)
    live_key = models.IntegerField(null=True, unique=True)

    class Meta:
        db_table = "rul_version"
        ordering: ClassVar = ["rule_id", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "number"], name="rul_version_unique")
        ]

    def __str__(self) -> str:
        return f"{self.rule} 第 {self.number} 版"


class RuleState(models.Model):
    """What the engine remembers of one rule on one series; times are µs since the epoch, event time.

    Only what is not at rest has a row, so a restart continues where the last transaction ended.
    ``next_due`` is when something happens without a new reading. ``series`` is the id of a telemetry
    series.
    """

    rule = models.ForeignKey(AlarmRule, models.CASCADE, related_name="states")
    version = models.ForeignKey(AlarmRuleVersion, models.CASCADE, related_name="+")
    series = models.IntegerField(db_index=True)
    phase = models.CharField(max_length=8)
    level = models.PositiveSmallIntegerField(null=True)
    since_ts = models.BigIntegerField(null=True)
    last_ts = models.BigIntegerField(null=True)
    last_value = models.FloatField(null=True)
    count = models.PositiveIntegerField(default=0)
    window_start = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)
    next_due = models.BigIntegerField(null=True, db_index=True)

    class Meta:
        db_table = "rul_state"
        constraints: ClassVar = [models.UniqueConstraint(fields=["rule", "series"], name="rul_state_unique")]


class BacktestState(models.TextChoices):
    """How far a back-test is."""

    WAITING = "WAITING", "排队"
    RUNNING = "RUNNING", "进行中"
    DONE = "DONE", "完成"
    FAILED = "FAILED", "失败"
    CANCELLED = "CANCELLED", "已取消"


class Backtest(models.Model):
    """A rule tried on stored history: what it would have raised, beside the version in force."""

    rule = models.ForeignKey(AlarmRule, models.CASCADE, related_name="backtests")
    version = models.ForeignKey(AlarmRuleVersion, models.SET_NULL, null=True, related_name="+")
    definition = models.JSONField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=BacktestState.choices, default=BacktestState.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(null=True)
    error = models.CharField(max_length=300, default="", blank=True)
    ordered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ordered_at = models.DateTimeField(default=clock.now)
    touched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rul_backtest"
        ordering: ClassVar = ["-ordered_at", "-id"]

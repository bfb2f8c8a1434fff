"""What an office did about an anomaly, and the limits of a model an administrator changed."""

from typing import ClassVar

from django.db import models

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Organization, Person


class FindingState(models.TextChoices):
    """What became of an anomaly; ``REPORTED``: whom it was assigned to has answered."""

    OPEN = "OPEN", "核查中"
    REPORTED = "REPORTED", "已反馈"
    HANDLED = "HANDLED", "已处理"
    IGNORED = "IGNORED", "已忽略"


class Outcome(models.TextChoices):
    """What a check found (核查结果)."""

    REPAIRED = "REPAIRED", "已维修或更换"
    ADJUSTED = "ADJUSTED", "已调整规则或参数"
    SUPPLIER = "SUPPLIER", "已责成厂家或施工单位整改"
    NORMAL = "NORMAL", "核查属正常"
    OTHER = "OTHER", "其他"


class Assigned(models.Model):
    """Who does a check, and until when."""

    assigned_office = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="+")
    assignee = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField("核查期限", null=True)

    class Meta:
        abstract = True

    @property
    def assigned(self) -> str:
        """The office and, where one is named, the person."""
        office = (
            (self.assigned_office.short_name or self.assigned_office.name) if self.assigned_office else ""
        )
        return f"{office} {self.assignee.name if self.assignee else ''}".strip()


class AnomalyFinding(Assigned):
    """An office's check (核查任务) of one figure of one model in one period; ``figures`` is what it saw then.

    ``office`` ordered it and ends it, ``assigned_office`` (and there ``assignee``, where one is named) does
    it until the end of ``due_on``. ``person`` and ``at`` are of the last step; ``version`` counts steps.
    """

    office = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    model = models.CharField(max_length=12)
    key = models.CharField(max_length=80)
    period = models.CharField(max_length=10)
    label = models.CharField(max_length=200)
    figures = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=FindingState.choices, default=FindingState.OPEN)
    note = models.CharField(max_length=500, default="", blank=True)
    outcome = models.CharField("核查结果", max_length=8, choices=Outcome.choices, default="", blank=True)
    reminded_at = models.DateTimeField(null=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "ano_finding"
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["office", "model", "key", "period"], name="ano_finding_once"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.period}"

    @property
    def subject(self) -> str:
        """The name of this check in the kernel's rooms."""
        return f"anomaly:{self.pk}"

    @property
    def overdue(self) -> bool:
        """Nobody has answered, and its last day is over."""
        return self.state == FindingState.OPEN and self.due_on is not None and self.due_on < clock.today()


class FindingStep(Assigned):
    """One thing that happened to a check: ordered, assigned anew, answered, ended."""

    finding = models.ForeignKey(AnomalyFinding, models.CASCADE, related_name="steps")
    verb = models.CharField(max_length=8)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    note = models.CharField(max_length=500, default="", blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default="", blank=True)

    class Meta:
        db_table = "ano_finding_step"
        ordering: ClassVar = ["at", "id"]


class RepeatLimit(models.Model):
    """When repeated, unhandled alarms of a category are an anomaly (feature 92); the last version counts.

    ``category`` ``*`` is for those without limits of their own. Hours are null where the shipped limits were
    put in force again.
    """

    category = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    times = models.PositiveSmallIntegerField("次数", null=True)
    hours = models.FloatField("时间窗（小时）", null=True)
    open_hours = models.FloatField("未闭环（小时）", null=True)
    note = models.CharField("理由", max_length=200)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "ano_repeat_limit"
        ordering: ClassVar = ["category", "version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["category", "version"], name="ano_repeat_limit_once"),
            models.CheckConstraint(
                condition=models.Q(times__isnull=True) | models.Q(times__gte=2), name="ano_repeat_limit_real"
            ),
        ]

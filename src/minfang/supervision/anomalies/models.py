"""What an office did about an anomaly."""

from typing import ClassVar

from django.db import models

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Organization, Person


class FindingState(models.TextChoices):
    """What became of an anomaly."""

    OPEN = "OPEN", "核查中"
    HANDLED = "HANDLED", "已处理"
    IGNORED = "IGNORED", "已忽略"


class AnomalyFinding(models.Model):
    """An office's check of one figure of one model in one period; ``figures`` is what it saw then."""

    office = models.ForeignKey(Organization, models.PROTECT, related_name="+")
    model = models.CharField(max_length=12)
    key = models.CharField(max_length=80)
    period = models.CharField(max_length=10)
    label = models.CharField(max_length=200)
    figures = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=FindingState.choices, default=FindingState.OPEN)
    note = models.CharField(max_length=500, default="", blank=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "ano_finding"
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["office", "model", "key", "period"], name="ano_finding_once"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.period}"

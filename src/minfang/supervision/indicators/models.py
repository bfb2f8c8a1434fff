"""Which indicators the city and each district show, and what they are to reach."""

from typing import ClassVar

from django.db import models

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Person


class IndicatorConfig(models.Model):
    """One indicator of one scope (``CITY`` or a district code). A scope without rows shows the defaults."""

    scope = models.CharField(max_length=6)
    indicator = models.CharField(max_length=20)
    shown = models.BooleanField(default=True)
    target = models.FloatField(null=True)
    position = models.PositiveSmallIntegerField(default=0)
    changed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "ind_config"
        ordering: ClassVar = ["scope", "position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "indicator"], name="ind_config_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.indicator}"

"""How often each kind of act was done in the present window of time."""

from typing import ClassVar

from django.db import models


class RateCount(models.Model):
    """Acts of one kind by one subject (a person, an address) in one window. The subject is a digest."""

    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=32)
    window = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "rates_count"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "subject", "window"], name="rates_count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"

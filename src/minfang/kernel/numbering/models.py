"""Number rules, the counters behind them, and the ledger of every number ever given."""

from typing import ClassVar

from django.db import models


class Reset(models.TextChoices):
    """When running numbers start again at 1."""

    YEAR = "YEAR", "每年"
    MONTH = "MONTH", "每月"
    DAY = "DAY", "每日"
    NEVER = "NEVER", "不重置"


class NumberRule(models.Model):
    """One version of a rule; the version in force on a day is the latest that began by then."""

    code = models.CharField(max_length=64)
    name = models.CharField(max_length=100, default="")
    pattern = models.CharField(max_length=200)
    reset = models.CharField(max_length=5, choices=Reset.choices)
    effective_from = models.DateField()

    class Meta:
        db_table = "numbering_rule"
        ordering: ClassVar = ["code", "-effective_from"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="numbering_rule_version"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.pattern}"


class NumberCounter(models.Model):
    """The last running number of a series in a period; its row lock makes numbers gapless."""

    series = models.CharField(max_length=200)
    period = models.CharField(max_length=8)
    value = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "numbering_counter"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "period"], name="numbering_counter_series"),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.period}: {self.value}"


class NumberState(models.TextChoices):
    """A number once given is never given again, voided or not; a reserved one waits for its object."""

    ISSUED = "ISSUED", "已发"
    RESERVED = "RESERVED", "预留"
    VOID = "VOID", "作废"


class IssuedNumber(models.Model):
    """A line of the ledger. ``scope`` is the office, ``target`` the business object it was given to."""

    number = models.CharField(max_length=200, unique=True)
    rule = models.ForeignKey(NumberRule, models.PROTECT, related_name="issued")
    series = models.CharField(max_length=200)
    period = models.CharField(max_length=8)
    sequence = models.PositiveIntegerField()
    scope = models.CharField(max_length=64)
    target = models.CharField(max_length=100, db_index=True, blank=True)
    state = models.CharField(max_length=8, choices=NumberState.choices, default=NumberState.ISSUED)
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=500, default="")
    note = models.CharField(max_length=500, default="")

    class Meta:
        db_table = "numbering_issued"
        ordering: ClassVar = ["series", "period", "sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "period", "sequence"], name="numbering_issued_once"),
        ]

    def __str__(self) -> str:
        return self.number

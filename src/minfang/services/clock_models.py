"""Clocks as configuration: when a matter's lights change, who is reminded, and limits set by the office."""

from typing import ClassVar

from django.db import models


class ClockKind(models.TextChoices):
    """Which clock of a case runs: time to accept, promised time, the applicant's time to complete."""

    ACCEPT = "ACCEPT", "受理时限"
    PROMISE = "PROMISE", "承诺时限"
    SUPPLEMENT = "SUPPLEMENT", "补正时限"


class WarningRule(models.Model):
    """Lights and reminders of one clock; an empty ``matter_code`` holds for matters without their own.

    ``remind_days`` are working days before the due day. Changes take effect at once, for running cases too.
    """

    matter_code = models.CharField(max_length=40, default="", blank=True)
    clock = models.CharField(max_length=10, choices=ClockKind.choices)
    light_ratio = models.FloatField()
    light_days = models.PositiveSmallIntegerField()
    remind_days = models.JSONField(default=list)
    remind_overdue = models.BooleanField(default=True)
    remind_hour = models.PositiveSmallIntegerField(default=9)
    copy_roles = models.JSONField(default=list)
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=50, default="")

    class Meta:
        db_table = "svc_warning_rule"
        ordering: ClassVar = ["matter_code", "clock"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter_code", "clock"], name="svc_warning_rule_once"),
        ]

    def __str__(self) -> str:
        return f"{self.matter_code or '缺省'} {self.get_clock_display()}"


class LimitOverride(models.Model):
    """A limit of a matter as the office set it, in place of the definition's; part of its next version."""

    matter_code = models.CharField(max_length=40)
    name = models.CharField(max_length=30)
    days = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=8)
    updated_at = models.DateTimeField()
    updated_by = models.CharField(max_length=50, default="")

    class Meta:
        db_table = "svc_limit_override"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["matter_code", "name"], name="svc_limit_override_once"),
        ]

    def __str__(self) -> str:
        return f"{self.matter_code} {self.name} {self.days}"


class Reminder(models.Model):
    """One reminder of one clock on one day; ``days_left`` is negative when overdue. At most one a day."""

    case = models.ForeignKey("services.Case", models.CASCADE, related_name="reminders")
    clock = models.CharField(max_length=10, choices=ClockKind.choices)
    day = models.DateField()
    due_on = models.DateField()
    days_left = models.SmallIntegerField()
    told = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField()

    class Meta:
        db_table = "svc_reminder"
        ordering: ClassVar = ["-day", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "clock", "day"], name="svc_reminder_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["day", "clock"], name="svc_reminder_day")]

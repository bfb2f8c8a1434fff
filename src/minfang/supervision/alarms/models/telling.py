"""Who was told of an alarm, who is to hear next, and what is kept silent."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from minfang.kernel.base import clock
from minfang.kernel.iam.models import Organization, Person
from minfang.registry.models import Device, ProtectiveUnit, Works
from minfang.supervision.alarms.models.ledger import Alarm
from minfang.supervision.alarms.models.words import Category, Level, PushState, Target
from minfang.supervision.rules.models import AlarmRule


class AlarmPush(models.Model):
    """One telling of one alarm: whom, on what ground, through what, and what came of it.

    ``place`` is the id of the office, ``-`` for a platform; ``times`` counts the pushes at one level to one
    target (repeats); ``followed`` how many more alarms a gathered push spoke of. ``external_id`` is
    the number the platform gave it. ``kind``: FIRST, RISE, REPEAT, ESCALATE, FOLLOW_UP, LATE or MANUAL.
    """

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="pushes")
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    target = models.CharField(max_length=16, choices=Target.choices)
    times = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=10, default="FIRST")
    organization = models.ForeignKey(Organization, models.PROTECT, null=True, related_name="+")
    place = models.CharField(max_length=20, default="-")
    people = models.PositiveSmallIntegerField(default=0)
    channels = models.JSONField(default=list)
    ground = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=PushState.choices, default=PushState.TOLD)
    reason = models.CharField(max_length=500, default="", blank=True)
    external_id = models.CharField(max_length=64, default="", blank=True)
    followed = models.PositiveIntegerField(default=0)
    message_id = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True)
    answer = models.JSONField(default=dict)

    class Meta:
        db_table = "alm_push"
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [
            models.Index(fields=["target", "-at"], name="alm_push_target_idx"),
            models.Index(fields=["external_id"], name="alm_push_external_idx"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["alarm", "level", "target", "place", "times"], name="alm_push_once"
            ),
        ]


class PushGroup(models.Model):
    """Pushes of one work at one level: the first goes at once, what follows before ``until`` is gathered."""

    works = models.ForeignKey(Works, models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    lead = models.ForeignKey(Alarm, models.CASCADE, null=True, related_name="+")
    until = models.DateTimeField(null=True, db_index=True)
    waiting = models.PositiveIntegerField(default=0)
    at_once = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "alm_push_group"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["works", "level"], name="alm_push_group_once"),
        ]


class Escalation(models.Model):
    """Somebody higher is to be told at ``due`` unless the alarm is confirmed (or handled) before."""

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="escalations")
    target = models.CharField(max_length=16, choices=Target.choices)
    unless = models.CharField(max_length=8, default="CONFIRM")  # CONFIRM or HANDLE
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    next_due = models.DateTimeField(null=True, db_index=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        db_table = "alm_escalation"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["alarm", "level", "target", "unless"], name="alm_escalation_once"
            ),
        ]


class Silence(models.Model):
    """Alarms that match all that is given are kept in the ledger and not pushed, until ``ends_at``.

    ``ended_at`` is when a person ended it before its time.
    """

    rule = models.ForeignKey(AlarmRule, models.CASCADE, null=True, related_name="+")
    device = models.ForeignKey(Device, models.CASCADE, null=True, related_name="+")
    unit = models.ForeignKey(ProtectiveUnit, models.CASCADE, null=True, related_name="+")
    works = models.ForeignKey(Works, models.CASCADE, null=True, related_name="silences")
    category = models.CharField(max_length=10, choices=Category.choices, default="", blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=200)
    created_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    held = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "alm_silence"
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="alm_silence_span"),
        ]

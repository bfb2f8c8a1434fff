"""Processes as they were last seen, and recurring work as it last went."""

from typing import ClassVar

from django.db import models


class ProcessSeen(models.Model):
    """One process of the product, e.g. the worker: when it began and when it last gave a sign of life."""

    name = models.CharField(max_length=60, unique=True)
    pid = models.PositiveIntegerField()
    host = models.CharField(max_length=100, default="")
    version = models.CharField(max_length=40, default="")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "operations_process"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} {self.pid}"


class JobRun(models.Model):
    """One piece of recurring work: its last turn, its last good turn, and what went wrong since."""

    name = models.CharField(max_length=120, unique=True)
    seconds = models.FloatField()
    last_at = models.DateTimeField()
    last_ok_at = models.DateTimeField(null=True)
    last_milliseconds = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    last_error = models.TextField(default="", blank=True)

    class Meta:
        db_table = "operations_job"
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Backup(models.Model):
    """A backup that was made, and whether a drill has restored it."""

    path = models.CharField(max_length=500)
    taken_at = models.DateTimeField()
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "operations_backup"
        ordering: ClassVar = ["-taken_at"]

    def __str__(self) -> str:
        return self.path

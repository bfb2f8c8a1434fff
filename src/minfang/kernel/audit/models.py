"""The audit trail: append-only rows written in the transaction of what they record."""

from typing import Any, ClassVar

from django.db import models


class AuditEvent(models.Model):
    """Who did what to which object, when and from where (security handbook B.22).

    ``mac`` is HMAC-SM3 over the row; ``previous_mac`` links the chain. Rows are never changed or deleted.
    """

    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=50, default="系统")
    actor_office = models.CharField(max_length=100, default="")
    address = models.CharField(max_length=64, default="")
    request_id = models.CharField(max_length=32, default="")
    action = models.CharField(max_length=64, db_index=True)
    target = models.CharField(max_length=128, db_index=True)
    summary = models.CharField(max_length=500, default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=500, default="")
    result = models.CharField(max_length=16, default="OK")
    mac = models.CharField(max_length=64)
    previous_mac = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "audit_event"
        ordering: ClassVar = ["id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only."""
        if self.pk is not None:
            raise TypeError("audit events are append-only")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never."""
        raise TypeError("audit events are append-only")


class SecurityAlarm(models.Model):
    """Something the security administrator must look at.

    Repeats of one kind about one target are counted in one row until it is acknowledged; ``open_key`` is
    unique for the open row of a kind and target, and becomes the row's own when it is closed.
    """

    kind = models.CharField(max_length=64)
    target = models.CharField(max_length=128)
    summary = models.CharField(max_length=500)
    details = models.JSONField(default=dict)
    raised_at = models.DateTimeField(db_index=True)
    count = models.IntegerField(default=1)
    last_at = models.DateTimeField(db_index=True)
    acknowledged_by_id = models.BigIntegerField(null=True)
    acknowledged_name = models.CharField(max_length=50, default="")
    acknowledged_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, default="")
    open_key = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "audit_alarm"
        ordering: ClassVar = ["-last_at", "-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.target}"

"""The audit trail: append-only rows written in the transaction of what they record; heads; alarms."""

from typing import Any, ClassVar

from django.db import models

from minfang.kernel.audit.fields import JsonText


class AuditEvent(models.Model):
    """Who did what to which object, when, from where and in which role (security handbook B.22).

    ``chain`` and ``sequence`` are its place, ``mac`` its link, ``previous_mac`` the link before it.
    Chain 0 holds what was recorded before there were chains. Rows are never changed or deleted.
    """

    chain = models.SmallIntegerField()
    sequence = models.BigIntegerField()
    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=50, default="系统")
    actor_office = models.CharField(max_length=100, default="")
    role = models.CharField(max_length=100, default="")
    address = models.CharField(max_length=64, default="")
    port = models.IntegerField(default=0)
    agent = models.CharField(max_length=200, default="")
    request_id = models.CharField(max_length=32, default="", db_index=True)
    action = models.CharField(max_length=64, db_index=True)
    target = models.CharField(max_length=128, db_index=True)
    summary = models.CharField(max_length=500, default="")
    before = JsonText(null=True)
    after = JsonText(null=True)
    reason = models.CharField(max_length=500, default="")
    result = models.CharField(max_length=16, default="OK")
    mac = models.CharField(max_length=64)
    previous_mac = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "audit_event"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain", "sequence"], name="audit_event_place"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["actor_id", "id"], name="audit_event_actor"),
            models.Index(fields=["address"], name="audit_event_address"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only."""
        if self.pk is not None:
            raise TypeError("audit events are append-only")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never."""
        raise TypeError("audit events are append-only")


class AuditChain(models.Model):
    """The end of one chain: whoever holds its row appends to it. It only ever moves forward."""

    number = models.SmallIntegerField(primary_key=True)
    last_sequence = models.BigIntegerField(default=0)
    last_mac = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_chain"


class AuditHead(models.Model):
    """The ends of all chains as they stood once a day, signed: what was there then cannot vanish later.

    ``content`` is the signed text (JSON); each names the digest of the one before it.
    """

    day = models.DateField(unique=True)
    taken_at = models.DateTimeField()
    content = models.TextField()
    signature = models.TextField()
    certificate = models.TextField()
    timestamp = models.TextField(default="")

    class Meta:
        db_table = "audit_head"
        ordering: ClassVar = ["day"]


class AuditCheck(models.Model):
    """One verification of the chains: when, by whom, how far it is, and what it found."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    person_id = models.BigIntegerField(null=True)
    person_name = models.CharField(max_length=50, default="系统")
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    findings = models.JSONField(default=list)
    sound = models.BooleanField(default=False)

    class Meta:
        db_table = "audit_check"
        ordering: ClassVar = ["-id"]


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


class AuditArchive(models.Model):
    """Entries that were taken off line: where each chain begins since, and the signed package they are in.

    ``content`` is the signed text (JSON): per chain the last archived sequence and link; the package's SM3.
    """

    made_at = models.DateTimeField()
    before = models.DateField()
    entries = models.BigIntegerField()
    content = models.TextField()
    signature = models.TextField()
    certificate = models.TextField()
    timestamp = models.TextField(default="")

    class Meta:
        db_table = "audit_archive"
        ordering: ClassVar = ["pk"]

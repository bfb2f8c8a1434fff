"""Messages to and from outside platforms, and the evidence of every try."""

from typing import ClassVar

from django.db import models

from minfang.kernel.crypto.fields import EncryptedJSONField, EncryptedTextField


class OutboxState(models.TextChoices):
    """Where a message stands. Only DONE and CANCELLED let the next message of its lane go."""

    PENDING = "PENDING", "待推送"
    SENDING = "SENDING", "推送中"
    WAITING = "WAITING", "等待重试"
    DONE = "DONE", "已送达"
    DEAD = "DEAD", "待人工处理"
    CANCELLED = "CANCELLED", "已取消"


SETTLED = (OutboxState.DONE, OutboxState.CANCELLED)


class OutboxLane(models.Model):
    """One order of messages: a subject on a platform. Its row lock gives sequences without gaps or ties."""

    name = models.CharField(max_length=150, unique=True)
    last_sequence = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "exchange_lane"

    def __str__(self) -> str:
        return self.name


class OutboxMessage(models.Model):
    """One message as it was when the event happened; its payload never changes afterwards.

    ``organization`` is the office it speaks for; ``None`` concerns the whole city. ``asked_at`` is set
    while a person waits for the result of sending it again.
    """

    connector = models.CharField(max_length=32)
    dataset = models.CharField(max_length=32)
    subject = models.CharField(max_length=100, db_index=True)
    organization = models.ForeignKey("iam.Organization", models.PROTECT, null=True, related_name="+")
    lane = models.ForeignKey(OutboxLane, models.PROTECT, related_name="messages")
    sequence = models.PositiveIntegerField()
    key = models.CharField(max_length=150, unique=True)
    payload = EncryptedJSONField()
    payload_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=OutboxState.choices, default=OutboxState.PENDING)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claim = models.CharField(max_length=32, default="")
    claimed_until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")
    answer = EncryptedJSONField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "exchange_outbox"
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lane", "sequence"], name="exchange_outbox_order"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "next_try_at"], name="exchange_outbox_ready"),
            models.Index(fields=["connector", "state"], name="exchange_outbox_platform"),
            models.Index(fields=["connector", "state", "id"], name="exchange_outbox_queue"),
            models.Index(fields=["connector", "-id"], name="exchange_outbox_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.connector}/{self.dataset} {self.subject} #{self.sequence}"


class Outcome(models.TextChoices):
    """How one try ended."""

    DELIVERED = "DELIVERED", "送达"
    UNREACHABLE = "UNREACHABLE", "未送达"
    REJECTED = "REJECTED", "被拒绝"
    UNRECORDED = "UNRECORDED", "回执处理失败"


class DeliveryAttempt(models.Model):
    """One try: what was sent, what came back, how long it took. Kept whatever the outcome.

    ``mac`` binds it to the message's content; ``-`` on tries older than this protection.
    """

    message = models.ForeignKey(OutboxMessage, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    milliseconds = models.PositiveIntegerField()
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    status = models.PositiveIntegerField(null=True)
    error = models.TextField(default="")
    request = EncryptedTextField()
    response = EncryptedTextField()
    mac = models.CharField(max_length=64, default="-")

    class Meta:
        db_table = "exchange_attempt"
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.message_id} try {self.number}: {self.outcome}"


class BreakerState(models.TextChoices):
    """Whether a platform is called."""

    CLOSED = "CLOSED", "正常"
    OPEN = "OPEN", "已暂停"
    PROBING = "PROBING", "试探中"


class Platform(models.Model):
    """How a platform answers. ``failures`` counts failed calls since the last answer, ``lanes`` whose they
    were; from ``probe_at`` on one message may be tried while the platform counts as away.
    """

    connector = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=8, choices=BreakerState.choices, default=BreakerState.CLOSED)
    failures = models.PositiveIntegerField(default=0)
    lanes = models.JSONField(default=list)
    openings = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    last_error = models.TextField(default="")

    class Meta:
        db_table = "exchange_platform"

    def __str__(self) -> str:
        return f"{self.connector}: {self.state}"


class InboxMessage(models.Model):
    """One message of an outside platform, stored before it is acted on; a repeat finds it again.

    The first content counts. ``other_payload`` is the latest that contradicts it; ``note`` is what the person
    who settled the contradiction wrote.
    """

    source = models.CharField(max_length=32)
    external_id = models.CharField(max_length=100)
    payload = EncryptedJSONField()
    payload_digest = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    repeats = models.PositiveIntegerField(default=0)
    contradicted = models.BooleanField(default=False)
    other_payload = EncryptedJSONField()
    repeated_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, default="")

    class Meta:
        db_table = "exchange_inbox"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "external_id"], name="exchange_inbox_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.source}/{self.external_id}"


class InboundNonce(models.Model):
    """A number used once in a signed incoming message, kept while a copy of it could still be in time."""

    source = models.CharField(max_length=32)
    nonce = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "exchange_nonce"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "nonce"], name="exchange_nonce_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source}/{self.nonce}"

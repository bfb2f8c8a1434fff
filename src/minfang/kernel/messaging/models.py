"""Messages to people: versioned templates, what was sent to whom, and what became of it."""

import uuid
from typing import ClassVar

from django.db import models

from minfang.kernel.crypto.fields import EncryptedTextField
from minfang.kernel.iam.models import Person


class Channel(models.TextChoices):
    """How a message reaches a person."""

    SMS = "SMS", "短信"
    IN_APP = "IN_APP", "站内消息"


class MessageTemplate(models.Model):
    """The wording for one event on one channel. A version never changes; a new wording is a new version."""

    event = models.CharField(max_length=40)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=100, default="")
    body = models.TextField()
    variables = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    published_at = models.DateTimeField()

    class Meta:
        db_table = "messaging_template"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "channel", "version"], name="messaging_template_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.event}/{self.channel} v{self.version}"


class MessageState(models.TextChoices):
    """Where a message stands. HELD waits because its number was written to a moment ago; DELIVERED is known
    from the receipt of the operator, or by being in-app.
    """

    HELD = "HELD", "推迟发送"
    PENDING = "PENDING", "待发送"
    SENT = "SENT", "已发送"
    DELIVERED = "DELIVERED", "已送达"
    FAILED = "FAILED", "发送失败"


class Message(models.Model):
    """One message to one person. Mobile and text are encrypted; lists show the masked mobile.

    ``leave_at`` is set for a message that had to wait: when its turn comes.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    template = models.ForeignKey(MessageTemplate, models.PROTECT, related_name="messages")
    event = models.CharField(max_length=40)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    subject = models.CharField(max_length=100, db_index=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="messages")
    mobile = EncryptedTextField()
    mobile_index = models.CharField(max_length=32, default="")
    mobile_masked = models.CharField(max_length=11, default="")
    title = models.CharField(max_length=100, default="")
    body = EncryptedTextField()
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.PENDING)
    error = models.CharField(max_length=200, default="")
    receipt = models.CharField("回执编号", max_length=64, default="")
    created_at = models.DateTimeField()
    leave_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_message"
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["person", "channel", "-created_at"], name="messaging_inbox"),
            models.Index(fields=["mobile_index", "event", "subject"], name="messaging_repeat"),
            models.Index(fields=["channel", "state", "-created_at"], name="messaging_log"),
            models.Index(fields=["state", "leave_at"], name="messaging_held"),
        ]

    def __str__(self) -> str:
        return f"{self.event}/{self.channel} {self.subject}"

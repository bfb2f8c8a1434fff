"""Reading messages: a person's inbox, the sending log, the quota."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from minfang.kernel.crypto.fields import blind_index
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging.models import Channel, Message, MessageState


def inbox(person: Person) -> QuerySet[Message]:
    """In-app messages of this person, newest first."""
    return Message.objects.filter(person=person, channel=Channel.IN_APP)


def unread_count(person: Person) -> int:
    """How many in-app messages this person has not read."""
    return inbox(person).filter(read_at__isnull=True).count()


def sending_log(
    *, subject: str = "", mobile: str = "", state: str = "", event: str = ""
) -> QuerySet[Message]:
    """The SMS log, newest first; ``mobile`` is looked up by its blind index, never by its text."""
    messages = Message.objects.filter(channel=Channel.SMS)
    wanted: dict[str, Any] = {"subject": subject, "state": state, "event": event}
    wanted["mobile_index"] = blind_index("message.mobile", mobile)
    return messages.filter(**{name: value for name, value in wanted.items() if value})


@dataclass(frozen=True)
class Usage:
    """How many SMS left since a day, by state."""

    sent: int
    delivered: int
    failed: int
    pending: int


def usage(since: datetime) -> Usage:
    """SMS counted since an instant, for watching the quota."""
    rows = Message.objects.filter(channel=Channel.SMS, created_at__gte=since).order_by().values("state")
    counts = {row["state"]: row["n"] for row in rows.annotate(n=Count("id"))}
    return Usage(
        sent=counts.get(MessageState.SENT, 0) + counts.get(MessageState.DELIVERED, 0),
        delivered=counts.get(MessageState.DELIVERED, 0),
        failed=counts.get(MessageState.FAILED, 0),
        pending=counts.get(MessageState.PENDING, 0) + counts.get(MessageState.HELD, 0),
    )

"""How often one mobile number may be written to (security handbook B.43); what comes too soon waits."""

from datetime import datetime, timedelta

from django.db.models.functions import Coalesce

from minfang.kernel.iam import policy
from minfang.kernel.messaging.models import Channel, Message, MessageState


def rates() -> list[tuple[int, timedelta]]:
    """So many messages to one number within so long, as the security policy has it."""
    now = policy.current()
    pairs = (policy.rate(text) for text in (now.rate_sms_number, now.rate_sms_number_day))
    return [(times, timedelta(seconds=seconds)) for times, seconds in pairs]


def turn_of(mobile_index: str, now: datetime) -> datetime:
    """When the next message to this number may leave, after all that left or wait: now, or later."""
    allowed = rates()
    rows = Message.objects.filter(channel=Channel.SMS, mobile_index=mobile_index)
    moments = rows.exclude(state=MessageState.FAILED).annotate(moment=Coalesce("leave_at", "created_at"))
    since = now - max(span for _, span in allowed)
    newest = moments.filter(moment__gt=since).order_by("-moment").values_list("moment", flat=True)
    last = list(newest[: max(times for times, _ in allowed)])
    turns = [last[times - 1] + span for times, span in allowed if len(last) >= times]
    return max([now, *turns])

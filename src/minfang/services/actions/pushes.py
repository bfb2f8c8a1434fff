"""What an officer does with what an outside platform did not take."""

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.exchange import actions as exchange
from minfang.kernel.exchange.models import InboxMessage, OutboxState
from minfang.kernel.iam.access import Access
from minfang.services import push_monitor
from minfang.services.push_monitor import Wanted
from minfang.services.schemas.pushes import ContradictionOut, PushDetail, PushOut

MOST_AT_ONCE = 1000


def resend(access: Access, push_id: int) -> PushOut:
    """Put a failed or waiting message at the front of the queue; the worker tries it at once."""
    message = push_monitor.one(access, push_id, "push.manage")
    return push_monitor.push_out(exchange.resend(message, access.person))


def resend_dead(access: Access, platform: str) -> int:
    """Send again everything of a platform that waits for a person; returns how many."""
    dead = push_monitor.visible(access, "push.manage").filter(connector=platform, state=OutboxState.DEAD)
    return exchange.resend_dead(dead.order_by("id")[:MOST_AT_ONCE], access.person)


def cancel(access: Access, push_id: int, reason: str) -> PushOut:
    """Give a message up for good, with a reason."""
    message = push_monitor.one(access, push_id, "push.manage")
    return push_monitor.push_out(exchange.cancel(message, access.person, reason))


@transaction.atomic
def reveal(access: Access, push_id: int, reason: str) -> PushDetail:
    """Show what was sent and answered with the personal data in full; the reason stands in the trail."""
    if not reason.strip():
        raise Refusal("REASON_MISSING", "请填写查看明文的原因。", "原因将记入审计日志。", status=422)
    message = push_monitor.one(access, push_id, "push.manage")
    record(
        "exchange.reveal",
        person=access.person,
        target=message,
        summary=f"查看推送明文 {message}",
        reason=reason.strip(),
    )
    return push_monitor.detail(message, revealed=True)


def settle(access: Access, inbox_id: int, note: str) -> ContradictionOut:
    """Say which of two contradicting messages holds."""
    row = InboxMessage.objects.filter(pk=inbox_id, contradicted=True).first()
    if row is None:
        raise not_found("该回执")
    return push_monitor.contradiction_out(exchange.settle_contradiction(row, access.person, note))


@transaction.atomic
def export(access: Access, wanted: Wanted, kind: str) -> bytes:
    """The list as a file; that it was taken out stands in the trail."""
    rows = push_monitor.export_rows(access, wanted)
    record("exchange.export", person=access.person, target="pushes", summary=f"导出推送记录 {len(rows)} 条")
    return push_monitor.workbook(rows) if kind == "xlsx" else push_monitor.comma_separated(rows)

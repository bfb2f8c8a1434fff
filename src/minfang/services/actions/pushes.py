"""Send again what an outside platform did not take."""

from django.db import transaction

from minfang.kernel.base.errors import not_found
from minfang.kernel.exchange import actions as exchange
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.iam.access import Access
from minfang.services.models import Case
from minfang.services.office_queries import push_out
from minfang.services.schemas import PushOut


@transaction.atomic
def resend(access: Access, push_id: int) -> PushOut:
    """Put a failed or waiting message at the front of the queue; the worker tries it at once."""
    message = OutboxMessage.objects.filter(pk=push_id).first()
    if message is None or not _visible(access, message):
        raise not_found("该推送")
    return push_out(exchange.resend(message, access.person))


def _visible(access: Access, message: OutboxMessage) -> bool:
    number = message.subject.removeprefix("case:")
    return Case.objects.visible_to(access).filter(internal_no=number).exists()

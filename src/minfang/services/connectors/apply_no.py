"""统一审批编码: ask the platform for the number of an application (handbook §6.2)."""

from typing import Any

from minfang.kernel.exchange.actions import enqueue
from minfang.kernel.exchange.connectors import Connector, Delivery
from minfang.kernel.exchange.models import OutboxMessage
from minfang.services.connectors.outside import call

CODE, DATASET = "apply_no", "issue"


class ApplyNumbers(Connector):
    """It shares the lane of the case repository: a case's first message there is the one for its number."""

    code = CODE
    name = "统一审批编码"
    lane = "case_repository"

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Ask; the answer holds ``apply_no``. The same internal number always gets the same one."""
        answer = call(CODE, "/apply-no", body=message.payload, key=message.key)
        return Delivery({"apply_no": str(answer.body["apply_no"])}, answer.exchanged)


def ask(
    subject: str, *, internal_no: str, item_code: str, item_name: str, region: str, applicant: str
) -> OutboxMessage:
    """Write down the request for a case's number; call it before anything else about the case is pushed."""
    payload: dict[str, Any] = {
        "internal_no": internal_no,
        "item_code": item_code,
        "item_name": item_name,
        "region": region,
        "applicant": applicant,
    }
    return enqueue(CODE, DATASET, subject=subject, payload=payload, key=f"apply_no:{internal_no}")

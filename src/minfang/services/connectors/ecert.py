"""电子证照库: push an issued licence with its file, and what becomes of it (handbook §7.1, §7.2)."""

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from minfang.kernel.exchange.actions import enqueue
from minfang.kernel.exchange.connectors import Connector, Delivery
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.files.actions import read
from minfang.kernel.files.models import StoredFile
from minfang.services.connectors.outside import call, case_number, look_up_numbers

CODE = "ecert"


@dataclass(frozen=True)
class LicenceFacts:
    """The metadata of one licence (GB/T 36903) and its file. ``holder_type`` is a certificate type."""

    identifier: str
    catalog_code: str
    name: str
    number: str
    holder_name: str
    holder_code: str
    holder_type: str
    issuer: str
    issuer_code: str
    issue_date: date
    version: str
    file_id: str
    valid_from: date | None = None
    valid_to: date | None = None


class LicenceRepository(Connector):
    """The city's repository of electronic licences."""

    code = CODE
    name = "电子证照库"

    def prepare(self, messages: Sequence[OutboxMessage]) -> None:
        """The numbers of the cases, asked for once."""
        look_up_numbers(messages)

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Push the licence under the case's number with its file, or its new state."""
        body: dict[str, Any] = {**message.payload, "case_no": case_number(message)}
        if message.dataset == "push":
            file = StoredFile.objects.get(pk=body.pop("file_id"))
            content = base64.b64encode(read(file)).decode()
            body["file"] = {
                "name": file.name,
                "media_type": file.media_type,
                "sm3": file.sm3,
                "content": content,
            }
        answer = call(CODE, f"/ecert/{message.dataset}", body=body, key=message.key)
        return Delivery({"identifier": answer.body["identifier"]}, answer.exchanged)


def push(subject: str, facts: LicenceFacts) -> OutboxMessage:
    """Write down a licence to be pushed the moment it is issued."""
    return enqueue(CODE, "push", subject=subject, payload=asdict(facts), key=f"ecert:{facts.identifier}:push")


def change_state(subject: str, identifier: str, state: str, reason: str) -> OutboxMessage:
    """Tell that a licence is REPLACED by a newer version, or VOID."""
    payload = {"identifier": identifier, "status": state, "reason": reason}
    return enqueue(CODE, "status", subject=subject, payload=payload, key=f"ecert:{identifier}:{state}")

"""短信: hand a message to the operator; what became of it comes back as a receipt."""

import hmac
import json

from django.conf import settings
from django.db import transaction

from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto.local import hmac_sm3
from minfang.kernel.exchange.actions.proving import prove_once
from minfang.kernel.exchange.connectors import Connector, Delivery
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.messaging.actions import take_receipt
from minfang.services.connectors.outside import call

CODE = "sms"
RECEIPT_PATH = "/api/public/callbacks/sms"


class ShortMessages(Connector):
    """The operator of the short message service."""

    code = CODE
    name = "短信平台"

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Send one message; the answer is the number under which its receipt will come."""
        body = {**message.payload, "callback": settings.PUBLIC_URL + RECEIPT_PATH}
        answer = call(CODE, "/sms/send", body=body, key=message.key)
        return Delivery({"receipt_id": str(answer.body["receipt_id"])}, answer.exchanged)


@transaction.atomic
def receive_receipt(body: bytes, signature: str, timestamp: str = "", nonce: str = "") -> None:
    """Take the operator's receipt: HMAC-SM3 with the shared token proves where it comes from.

    An operator that signs time and nonce along is protected against copies; one that cannot signs the body,
    and a copy is recognised by its number.
    """
    if timestamp:
        key = settings.OUTSIDE_TOKEN.encode()
        prove_once(CODE, body, timestamp=timestamp, nonce=nonce, signature=signature, key=key)
    else:
        _prove_body(body, signature)
    _take(body)


def _prove_body(body: bytes, signature: str) -> None:
    expected = hmac_sm3(settings.OUTSIDE_TOKEN.encode(), body).hex()
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refusal("CALLBACK_UNPROVEN", "回执签名不对，未予接收。", status=403)


def _take(body: bytes) -> None:
    try:
        receipt = json.loads(body)
        identity, message_id, state = receipt["receipt_id"], receipt["message_id"], receipt["status"]
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal("CALLBACK_SHAPE", "回执内容不完整。", status=422) from error
    take_receipt(
        str(identity)[:64],
        message_id=str(message_id),
        delivered=state == "DELIVERED",
        reason=str(receipt.get("reason", "")),
    )

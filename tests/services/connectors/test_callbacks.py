"""Receipts come in over HTTP, from the real sandbox to the real address, once however often they are sent."""

import json
import time
from typing import Any

import pytest
from django.test import Client
from tests.support.sandbox import Sandbox

from minfang.kernel.crypto.local import hmac_sm3
from minfang.kernel.exchange.actions import drain
from minfang.kernel.exchange.models import InboxMessage
from minfang.kernel.messaging.actions import notify, publish_templates
from minfang.kernel.messaging.models import Message, MessageState
from minfang.kernel.messaging.templates import Wording
from minfang.services.connectors.sms import RECEIPT_PATH

WORDING = Wording("case.receipt-test", "SMS", "您好", "", ())


def send(mobile: str) -> Message:
    publish_templates([WORDING])
    (message,) = notify(WORDING.event, subject="case:R", context={}, mobile=mobile)
    drain(5)
    return message


def wait_for(message: Message, state: str) -> None:
    end = time.monotonic() + 8
    while message.state != state and time.monotonic() < end:
        time.sleep(0.05)
        message.refresh_from_db()
    assert message.state == state


def sent_receipts(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [a for a in sandbox.arrivals("sms") if (a["dataset"], a["outcome"]) == ("receipt", "sent")]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("mobile", "state", "error"), [("13800000101", "DELIVERED", ""), ("13800000000", "FAILED", "空号")]
)
def test_a_receipt_sent_twice_counts_once(
    sandbox: Sandbox, settings: Any, live_server: Any, mobile: str, state: str, error: str
) -> None:
    settings.PUBLIC_URL = live_server.url
    sandbox.faults("sms", twice=True)
    message = send(mobile)
    wait_for(message, state)
    end = time.monotonic() + 5
    while len(sent_receipts(sandbox)) < 2 and time.monotonic() < end:
        time.sleep(0.05)
    assert len(sent_receipts(sandbox)) == 2
    assert (message.error, InboxMessage.objects.get().repeats) == (error, 1)


@pytest.mark.django_db
def test_a_receipt_without_proof_or_content_is_refused(sandbox: Sandbox, settings: Any) -> None:
    message = send("13800000101")
    body = json.dumps({"receipt_id": "R", "message_id": str(message.pk), "status": "DELIVERED"})
    http = Client(enforce_csrf_checks=True)
    refused = http.post(RECEIPT_PATH, body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "CALLBACK_UNPROVEN")
    proof = hmac_sm3(settings.OUTSIDE_TOKEN.encode(), b"[]").hex()
    headers = {"X-Signature": proof}
    assert http.post(RECEIPT_PATH, "[]", content_type="application/json", headers=headers).status_code == 422
    message.refresh_from_db()
    assert message.state == MessageState.SENT


@pytest.mark.django_db
def test_a_signed_receipt_is_good_once_and_for_five_minutes(sandbox: Sandbox, settings: Any) -> None:
    message = send("13800000101")
    body = json.dumps({"receipt_id": "R", "message_id": str(message.pk), "status": "DELIVERED"}).encode()
    now = str(int(time.time()))

    def post(timestamp: str, nonce: str, signed: str = "") -> Any:
        covered = f"{signed or timestamp}\n{nonce}\n".encode() + body
        proof = hmac_sm3(settings.OUTSIDE_TOKEN.encode(), covered).hex()
        headers = {"X-Timestamp": timestamp, "X-Nonce": nonce, "X-Signature": proof}
        return Client().post(RECEIPT_PATH, body, content_type="application/json", headers=headers)

    assert post(str(int(now) - 400), "n0").json()["code"] == "CALLBACK_LATE"
    assert post(now, "n1", signed=str(int(now) - 1)).json()["code"] == "CALLBACK_UNPROVEN"
    assert post(now, "n1").status_code == 200
    assert (post(now, "n1").status_code, post(now, "n1").json()["code"]) == (403, "CALLBACK_REPLAYED")
    assert post(now, "n2").status_code == 200, "the operator may send again, signed anew"

"""Where devices that speak no MQTT report their readings (feature 81)."""

import base64
import binascii
import threading

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from minfang.kernel.base.errors import Refusal
from minfang.kernel.base.schemas import Problem
from minfang.kernel.iam.access import requires
from minfang.supervision.arrival import callout
from minfang.supervision.arrival.forward import Forwarder
from minfang.supervision.arrival.wire import BrokerAway, BrokerError

router = Router(tags=["物联接入"], auth=None)
LONGEST = 1024 * 1024
_mine = threading.local()


class ReadingsTaken(Schema):
    """The message is stored and will be worked off in its turn."""

    code: int = 200


@router.post(
    "/readings",
    response={202: ReadingsTaken, 403: Problem, 413: Problem, 503: Problem},
    auth=[requires("public")],
    operation_id="public_iot_readings",
)
def public_iot_readings(request: HttpRequest) -> tuple[int, ReadingsTaken]:
    """One message as over MQTT, single or batched; HTTP Basic with the device's name and secret."""
    if len(request.body) > LONGEST:
        raise Refusal("TOO_LARGE", "报文过大。", "单次不超过 1 MB，请分批报送。", status=413)
    name, secret = _credentials(request.headers.get("Authorization", ""))
    subjects = callout.allowed(name, secret)
    if subjects is None:
        raise Refusal("DEVICE_UNKNOWN", "设备未登记或口令不对。", "请用设备的通信标识和口令。", status=403)
    subject = "$MQTT.msgs." + subjects[0].replace("*", "telemetry", 1)
    try:
        _forwarder().store([(subject, request.body)])
    except (BrokerAway, BrokerError) as error:
        _mine.forwarder = None
        raise Refusal("BROKER_AWAY", "消息中间件暂时不可用。", "请稍后重发。", status=503) from error
    return 202, ReadingsTaken()


def _credentials(header: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = text.partition(":")
    return name.replace("\0", ""), secret


def _forwarder() -> Forwarder:
    if getattr(_mine, "forwarder", None) is None:
        _mine.forwarder = Forwarder(settings.BROKER_URL, "web")
    found: Forwarder = _mine.forwarder
    return found

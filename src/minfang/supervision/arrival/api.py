"""Where devices that speak no MQTT report their readings (81), and third systems their alarm events (83)."""

import base64
import binascii
import json
import threading

from django.conf import settings
from django.http import HttpRequest
from ninja import Router, Schema

from minfang.kernel.base.errors import Refusal
from minfang.kernel.base.schemas import Problem
from minfang.kernel.exchange.actions.proving import prove_once
from minfang.kernel.iam.access import requires
from minfang.supervision.alarms.actions import receive_event
from minfang.supervision.alarms.schemas import PublicEventOut
from minfang.supervision.arrival import callout, limits
from minfang.supervision.arrival.forward import Forwarder
from minfang.supervision.arrival.models import ThirdSource
from minfang.supervision.arrival.wire import BrokerAway, BrokerError

router = Router(tags=["物联接入"], auth=None)
events = Router(tags=["第三方事件"], auth=None)
LONGEST, LONGEST_EVENT = 1024 * 1024, 64 * 1024
_mine = threading.local()


class ReadingsTaken(Schema):
    """The message is stored and will be worked off in its turn."""

    code: int = 200


@router.post(
    "/readings",
    response={202: ReadingsTaken, 403: Problem, 413: Problem, 429: Problem, 503: Problem},
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
        limits.keep_within("stranger", limits.stranger(request))
        raise Refusal("DEVICE_UNKNOWN", "设备未登记或口令不对。", "请用设备的通信标识和口令。", status=403)
    limits.keep_within("device", name)
    subject = "$MQTT.msgs." + subjects[0].replace("*", "telemetry", 1)
    try:
        _forwarder().store([(subject, request.body)])
    except (BrokerAway, BrokerError) as error:
        _mine.forwarder = None
        raise Refusal("BROKER_AWAY", "消息中间件暂时不可用。", "请稍后重发。", status=503) from error
    return 202, ReadingsTaken()


@events.post(
    "/events",
    response={200: PublicEventOut, 403: Problem, 413: Problem, 422: Problem, 429: Problem},
    auth=[requires("public")],
    operation_id="public_iot_event",
)
def public_iot_event(request: HttpRequest) -> PublicEventOut:
    """One event: ``X-Source`` names the system, ``X-Signature`` (HMAC-SM3 with its own key) proves it; ``id``
    of the body is its own number.
    """
    if len(request.body) > LONGEST_EVENT:
        raise Refusal("TOO_LARGE", "事件报文过大。", "单条事件不超过 64 KB。", status=413)
    source = _proven_source(request)
    limits.keep_within("source", source.code)
    try:
        payload = json.loads(request.body)
        identity = str(payload["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(
            "EVENT_SHAPE", "事件报文缺少编号 id。", "请按接口说明填写后重发。", status=422
        ) from error
    row = receive_event(source.code, identity, payload)
    number = row.alarm.number if row.alarm else ""
    return PublicEventOut(code=200, alarm=number, problem=row.problem)


def _proven_source(request: HttpRequest) -> ThirdSource:
    """The registered system whose key made the signature; who is none is not told from who guessed."""
    given, code = request.headers, request.headers.get("X-Source", "")[:28].replace("\0", "")
    source = ThirdSource.objects.filter(code=code, enabled=True).first()
    try:
        prove_once(
            f"iot:{code}",
            request.body,
            timestamp=given.get("X-Timestamp", ""),
            nonce=given.get("X-Nonce", ""),
            signature=given.get("X-Signature", "") if source else "",
            key=source.key.encode() if source else b"-",
        )
    except Refusal:
        limits.keep_within("stranger", limits.stranger(request))
        raise
    assert source is not None
    return source


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

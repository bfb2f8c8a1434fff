"""Where third systems report their alarm events over HTTP (feature 83)."""

import json

from django.conf import settings
from django.http import HttpRequest
from ninja import Router

from minfang.kernel.base.errors import Refusal
from minfang.kernel.base.schemas import Problem
from minfang.kernel.exchange.actions.proving import prove_once
from minfang.kernel.iam.access import requires
from minfang.supervision.alarms.actions import receive_event
from minfang.supervision.alarms.schemas import PublicEventOut

router = Router(tags=["第三方事件"], auth=None)
LONGEST = 64 * 1024


@router.post(
    "/events",
    response={200: PublicEventOut, 403: Problem, 413: Problem, 422: Problem},
    auth=[requires("public")],
    operation_id="public_iot_event",
)
def public_iot_event(request: HttpRequest) -> PublicEventOut:
    """One event: ``X-Source`` names the system, ``X-Signature`` proves it; ``id`` of the body is its own."""
    given, source = request.headers, request.headers.get("X-Source", "")[:28]
    if len(request.body) > LONGEST:
        raise Refusal("TOO_LARGE", "事件报文过大。", "单条事件不超过 64 KB。", status=413)
    prove_once(
        f"iot:{source}",
        request.body,
        timestamp=given.get("X-Timestamp", ""),
        nonce=given.get("X-Nonce", ""),
        signature=given.get("X-Signature", ""),
        key=settings.OUTSIDE_TOKEN.encode(),
    )
    try:
        payload = json.loads(request.body)
        identity = str(payload["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal(
            "EVENT_SHAPE", "事件报文缺少编号 id。", "请按接口说明填写后重发。", status=422
        ) from error
    row = receive_event(source or "unknown", identity, payload)
    number = row.alarm.number if row.alarm else ""
    return PublicEventOut(code=200, alarm=number, problem=row.problem)

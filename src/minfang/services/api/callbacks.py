"""What outside platforms call by themselves. Each call proves its origin; a repeat changes nothing."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.iam.access import requires
from minfang.services.connectors import sms
from minfang.services.schemas import Problem

router = Router(tags=["平台回调"], auth=None)


@router.post(
    "/sms",
    response={200: dict[str, int], 403: Problem, 404: Problem, 422: Problem},
    auth=[requires("public")],
    operation_id="sms_receipt",
)
def sms_receipt(request: HttpRequest) -> dict[str, int]:
    """A receipt of the SMS operator; ``X-Signature`` is the HMAC-SM3 over time, nonce and body."""
    given = request.headers
    sms.receive_receipt(
        request.body,
        given.get("X-Signature", ""),
        timestamp=given.get("X-Timestamp", ""),
        nonce=given.get("X-Nonce", ""),
    )
    return {"code": 200}

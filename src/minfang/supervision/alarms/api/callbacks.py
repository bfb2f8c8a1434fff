"""What platforms call by themselves: reports on alarms, each with proof of its origin."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.base.schemas import Problem
from minfang.kernel.iam.access import requires
from minfang.supervision.alarms.actions import answering

router = Router(tags=["平台回调"], auth=None)


@router.post(
    "/{source}",
    response={200: dict[str, int], 403: Problem, 404: Problem, 422: Problem},
    auth=[requires("public")],
    operation_id="alarm_report",
)
def alarm_report(request: HttpRequest, source: str) -> dict[str, int]:
    """A report of a platform; ``X-Signature`` is the HMAC-SM3 over time, nonce and body."""
    given = request.headers
    answering.receive_report(
        source,
        request.body,
        timestamp=given.get("X-Timestamp", ""),
        nonce=given.get("X-Nonce", ""),
        signature=given.get("X-Signature", ""),
    )
    return {"code": 200}

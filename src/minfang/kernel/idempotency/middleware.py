"""``Idempotency-Key`` on every unsafe call of the API: carried out once, however often it arrives.

What is kept and what is not:

- an answer of success (below 400) is kept and given again to the same person for the same call;
- a refusal (4xx) changed nothing, and its reason may be gone a moment later (signed in again, confirmed
  afresh, a limit over): the key becomes free and the repeat is judged anew;
- a fault of ours (5xx) frees the key too, unless the audit trail shows that the run took effect: then
  a repeat is told so and is not carried out a second time;
- answers that are streamed or very large are not kept, a repeat learns that it has been carried out.

It acts after the check of the CSRF token, and under the name of the person who is signed in.
"""

import base64
import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from minfang.kernel.base.errors import Refusal
from minfang.kernel.idempotency import actions, rules
from minfang.kernel.idempotency.actions import Asked, Claim
from minfang.kernel.idempotency.fingerprint import fingerprint_of, owner_of
from minfang.kernel.idempotency.jobs import watch
from minfang.kernel.idempotency.models import IdempotentCall

log = logging.getLogger(__name__)
SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}
KEPT_HEADERS = ("Content-Type", "Content-Disposition", "Location")
RETRY_SECONDS = 1
SHORTEST_KEY, LONGEST_KEY = 8, 100


class IdempotencyMiddleware:
    """Claims the key before the view runs and settles it with the answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response = self.get_response(request)
        except BaseException:
            _settle(request, None)
            raise
        _settle(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: Any
    ) -> HttpResponseBase | None:
        """The answer known already, a refusal, or ``None``: go on."""
        key = request.headers.get("Idempotency-Key", "")
        if not key or request.method in SAFE or not _concerned(request.path):
            return None
        try:
            return self._claimed(request, key)
        except Refusal as refusal:
            return _refused(request, refusal)

    def _claimed(self, request: HttpRequest, key: str) -> HttpResponseBase | None:
        if not SHORTEST_KEY <= len(key) <= LONGEST_KEY or not all("!" <= sign <= "~" for sign in key):
            raise Refusal(
                "IDEMPOTENCY_KEY_INVALID",
                f"Idempotency-Key 应为 {SHORTEST_KEY}–{LONGEST_KEY} 个可见字符。",
                "请为每项操作生成一个随机编号，例如 UUID。",
                status=422,
            )
        owner, fingerprint = owner_of(request), fingerprint_of(request)
        if not owner or fingerprint is None:
            return None
        request_id = getattr(request, "request_id", "") or "-"
        method = request.method or ""
        found = actions.begin(Asked(owner, key, method, request.path, fingerprint, request_id))
        if isinstance(found, IdempotentCall):
            return _replayed(found)
        request._idempotency_claim = found  # type: ignore[attr-defined]
        watch.add(found)
        return None


def _concerned(path: str) -> bool:
    return path.startswith("/api/") and not path.startswith(rules.current().exempt)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    body: dict[str, Any] = {
        "code": refusal.code,
        "message": refusal.message,
        "hint": refusal.hint,
        "fields": [],
        "trace_id": getattr(request, "request_id", ""),
    }
    response = JsonResponse(body, status=refusal.status, json_dumps_params={"ensure_ascii": False})
    if refusal.code == actions.RUNNING.code:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _replayed(call: IdempotentCall) -> HttpResponse:
    answer = call.opened
    response = HttpResponse(base64.b64decode(answer["body"]), status=call.status)
    del response["Content-Type"]
    for name, value in answer["headers"].items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _settle(request: HttpRequest, response: HttpResponseBase | None) -> None:
    claim: Claim | None = getattr(request, "_idempotency_claim", None)
    if claim is None:
        return
    watch.remove(claim)
    try:
        if response is None or response.status_code >= 400:
            actions.give_up(claim, doubtful=response is None or response.status_code >= 500)
        else:
            actions.finish(claim, *_kept(response))
    except Exception:  # the call itself is done: its answer must reach the person
        log.exception("could not settle an idempotency key")


def _kept(response: HttpResponseBase) -> tuple[int | None, dict[str, Any]]:
    if not isinstance(response, HttpResponse) or len(response.content) > rules.current().longest_answer:
        return None, {}
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    body = base64.b64encode(response.content).decode()
    return response.status_code, {"headers": headers, "body": body}

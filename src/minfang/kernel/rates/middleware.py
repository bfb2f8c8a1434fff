"""Refuse what comes too often, with the time to wait; each refusal is on the record."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from minfang.kernel.audit.actions import record
from minfang.kernel.iam.models import Person
from minfang.kernel.rates.actions import Kind, exceeded, kind_of


class RateLimitMiddleware:
    """Counts the calls that have a rate, under the person signed in or the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: Any
    ) -> HttpResponse | None:
        """A refusal, or ``None``: go on."""
        if not settings.RATE_LIMITS:
            return None
        kind = kind_of(request.method or "", request.path)
        if kind is None:
            return None
        wait = exceeded(kind, _subject(request, kind))
        return _refusal(request, kind, wait) if wait else None


def _subject(request: HttpRequest, kind: Kind) -> str:
    user = request.user if kind.per == "person" else None
    if isinstance(user, Person):
        return f"person:{user.pk}"
    return f"address:{request.META.get('REMOTE_ADDR', '')}"


def _refusal(request: HttpRequest, kind: Kind, wait: int) -> HttpResponse:
    person = request.user if isinstance(request.user, Person) else None
    with transaction.atomic():
        record(
            "rate.exceeded",
            person=person,
            target=f"rate:{kind.code}",
            summary=f"{kind.label}过于频繁，已拒绝",
            result="REFUSED",
        )
    minutes = f"{-(-wait // 60)} 分钟" if wait > 90 else f"{wait} 秒"
    body: dict[str, Any] = {
        "code": "TOO_OFTEN",
        "message": f"{kind.label}过于频繁，本次未执行。",
        "hint": f"请 {minutes} 后再试。",
        "fields": [],
        "trace_id": getattr(request, "request_id", ""),
    }
    response = JsonResponse(body, status=429)
    response["Retry-After"] = str(wait)
    return response

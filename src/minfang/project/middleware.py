"""Request ids and response headers."""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.middleware.csrf import CsrfViewMiddleware

from minfang.kernel.audit.actions import Origin, forget_role, origin

CALLBACKS = ("/api/public/callbacks/", "/api/public/iot/")  # machines, which prove themselves otherwise
Handler = Callable[[HttpRequest], HttpResponse]

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)


class RequestIdMiddleware:
    """Give every request an id: the 追踪号 people are shown, and the one the audit trail carries."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid.uuid4().hex[:16]  # type: ignore[attr-defined]
        token = origin.set(_origin_of(request))
        try:
            response = self.get_response(request)
        finally:
            forget_role()
            origin.reset(token)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


def _origin_of(request: HttpRequest) -> Origin:
    port = request.META.get("REMOTE_PORT", "")
    return Origin(
        request.request_id,  # type: ignore[attr-defined]
        request.META.get("REMOTE_ADDR", ""),
        int(port) if str(port).isdecimal() else 0,
        request.META.get("HTTP_USER_AGENT", ""),
    )


def _policy(request: HttpRequest) -> str:
    """The policy; where the stream of live values has a port of its own, that port of this host is added."""
    told: str = settings.LIVE_URL
    if not told.startswith(":"):
        return CONTENT_SECURITY_POLICY
    host = request.get_host().rsplit(":", 1)[0]
    address = f"{request.scheme}://{host}{told.split('/', 1)[0]}"
    return CONTENT_SECURITY_POLICY.replace("connect-src 'self'", f"connect-src 'self' {address}")


class SecurityHeadersMiddleware:
    """Headers of the hardening checklist (security handbook B.42)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", _policy(request))
        response["X-Content-Type-Options"] = "nosniff"
        response["Referrer-Policy"] = "same-origin"
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(self)"
        if settings.SESSION_COOKIE_SECURE:
            response["Strict-Transport-Security"] = "max-age=31536000"
        if request.path.startswith("/api/"):
            response.setdefault("Cache-Control", "no-store")
        return response


class CsrfMiddleware(CsrfViewMiddleware):
    """Every unsafe API call of a browser carries the CSRF token, also those the framework would let pass.

    Calls of outside platforms, which have no session, are told by their address and carry their own token.
    """

    def process_view(
        self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> HttpResponseForbidden | None:
        """Check as if the view asked for it."""
        if not request.path.startswith(CALLBACKS):
            callback = _asking_for_a_token
        return super().process_view(request, callback, callback_args, callback_kwargs)


def _asking_for_a_token() -> None:
    """Stands in for views that are marked as exempt."""

"""Who really asks, when a security gateway stands in front: believed only from the gateway's own address.

The gateway ends TLS or TLCP and passes on the client's address (``X-Forwarded-For``, whose last entry it
wrote itself) and the scheme (``X-Forwarded-Proto``). The same headers from anybody else are taken away, and
the request counts as forwarded: nothing that is meant for the machine itself answers it.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


class GatewayMiddleware:
    """First of all: everything after it sees the client's address and the scheme the client used."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = {name: request.META.pop(name) for name in FORWARDED if name in request.META}
        if request.META.get("REMOTE_ADDR", "") in settings.GATEWAYS:
            _believe(request, told)
        request.META["minfang.forwarded"] = bool(told)
        return self.get_response(request)


def _believe(request: HttpRequest, told: dict[str, str]) -> None:
    client = told.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
    if client:
        request.META["REMOTE_ADDR"] = client
    if told.get("HTTP_X_FORWARDED_PROTO", "").strip().lower() == "https":
        request.META["wsgi.url_scheme"] = "https"

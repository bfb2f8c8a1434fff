"""Sessions run out: checked once a request, before anything else looks at who is signed in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from minfang.kernel.iam import proof, sessions
from minfang.kernel.iam.actions import sessions as acts
from minfang.kernel.iam.models import Person

BACKGROUND = "X-Background"
"""A request the page makes by itself carries this header; it does not keep a session alive."""


class SessionLimitsMiddleware:
    """End a session that was idle too long or has lasted too long; note when its person did something."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/") and settings.SESSION_COOKIE_NAME in request.COOKIES:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        held = proof.of(request)
        if held is None or not isinstance(request.user, Person):
            return
        over = sessions.run_out(request.user, held)
        if over:
            acts.expire(request, request.user, over)
        elif not request.headers.get(BACKGROUND):
            acts.seen(request, request.user, held)

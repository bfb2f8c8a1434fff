"""Sign-in and sign-out: password, demo accounts, and the outside identity platform."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from ninja import Router

from minfang.kernel.iam.access import requires
from minfang.services import sign_in
from minfang.services.schemas import (
    DemoAccount,
    DemoSignIn,
    PasswordSignIn,
    Problem,
    RedirectOut,
    SessionOut,
)

router = Router(tags=["登录"], auth=[requires("public")])
PROBLEMS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 429: Problem}


@router.get("", response=SessionOut, operation_id="get_session")
def get_session(request: HttpRequest) -> SessionOut:
    """Who is signed in here."""
    return sign_in.session_of(request)


@router.delete("", response={204: None}, operation_id="sign_out")
def sign_out(request: HttpRequest) -> tuple[int, None]:
    """Sign out."""
    sign_in.leave(request)
    return 204, None


@router.get(
    "/demo-accounts", response={200: list[DemoAccount], **PROBLEMS}, operation_id="list_demo_accounts"
)
def list_demo_accounts(request: HttpRequest) -> list[DemoAccount]:
    """One account a role; only in demo mode."""
    return sign_in.demo_accounts(request)


@router.post("/demo", response={200: SessionOut, **PROBLEMS}, operation_id="demo_sign_in")
def demo_sign_in(request: HttpRequest, body: DemoSignIn) -> SessionOut:
    """Sign in as a demo account with one click; only in demo mode and on loopback."""
    return sign_in.demo(request, body.username)


@router.post("/password", response={200: SessionOut, **PROBLEMS}, operation_id="password_sign_in")
def password_sign_in(request: HttpRequest, body: PasswordSignIn) -> SessionOut:
    """Sign in with username and password."""
    return sign_in.with_password(request, body.username, body.password)


@router.get("/sso/start", response={200: RedirectOut, **PROBLEMS}, operation_id="start_sso")
def start_sso(
    request: HttpRequest,
    next: str = "/",  # noqa: A002 - the word browsers and people know
) -> RedirectOut:
    """Where to go to sign in with the city's identity platform."""
    return RedirectOut(redirect=sign_in.start_sso(request, next))


@router.get("/sso/return", operation_id="finish_sso", include_in_schema=False)
def finish_sso(request: HttpRequest, code: str = "", state: str = "") -> HttpResponse:
    """Back from the identity platform with a one-time code."""
    return HttpResponseRedirect(sign_in.finish_sso(request, code, state))

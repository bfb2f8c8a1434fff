"""Sign-in and sign-out: password, second factor, demo accounts, and the outside identity platforms."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from ninja import Router

from minfang.kernel.iam.access import requires
from minfang.services import second_factor, sign_in, sso
from minfang.services.schemas import (
    CertificateIn,
    ChallengeOut,
    CodeIn,
    ConfirmIn,
    DemoAccount,
    DemoSignIn,
    PasswordChangeIn,
    PasswordSignIn,
    Problem,
    RedirectOut,
    SessionOut,
    TicketIn,
    TotpSetup,
)

router = Router(tags=["登录"], auth=[requires("public")])
PROBLEMS = {
    400: Problem,
    401: Problem,
    403: Problem,
    404: Problem,
    409: Problem,
    422: Problem,
    429: Problem,
}
BEGUN = [requires("signing_in")]


@router.get("", response=SessionOut, operation_id="get_session")
def get_session(request: HttpRequest) -> SessionOut:
    """Who is signed in here, or how far the sign-in has come."""
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
    """The first step: username and password; ``step`` in the answer says what is next."""
    return sign_in.with_password(request, body.username, body.password)


@router.post("/totp", response={200: SessionOut, **PROBLEMS}, auth=BEGUN, operation_id="second_factor_totp")
def totp(request: HttpRequest, body: CodeIn) -> SessionOut:
    """The second step: a one-time code."""
    return second_factor.with_totp(request, body.code)


@router.post(
    "/challenge", response={200: ChallengeOut, **PROBLEMS}, auth=BEGUN, operation_id="certificate_challenge"
)
def certificate_challenge(request: HttpRequest) -> ChallengeOut:
    """A text for the certificate to sign, once and soon."""
    return ChallengeOut(text=second_factor.challenge(request))


@router.post(
    "/certificate",
    response={200: SessionOut, **PROBLEMS},
    auth=BEGUN,
    operation_id="second_factor_certificate",
)
def certificate(request: HttpRequest, body: CertificateIn) -> SessionOut:
    """The second step: a signed challenge."""
    return second_factor.with_certificate(request, body)


@router.post("/enrol-totp", response={200: TotpSetup, **PROBLEMS}, auth=BEGUN, operation_id="enrol_totp")
def enrol_totp(request: HttpRequest) -> TotpSetup:
    """A new code generator, as QR code and text."""
    return second_factor.enrol_totp(request)


@router.post(
    "/enrol-totp/confirm", response={200: SessionOut, **PROBLEMS}, auth=BEGUN, operation_id="confirm_totp"
)
def confirm_totp(request: HttpRequest, body: CodeIn) -> SessionOut:
    """The first code of a new generator."""
    return second_factor.confirm_enrolment(request, body.code)


@router.post(
    "/new-password", response={200: SessionOut, **PROBLEMS}, auth=BEGUN, operation_id="change_password"
)
def change_password(request: HttpRequest, body: PasswordChangeIn) -> SessionOut:
    """Change one's password."""
    return second_factor.change_password(request, body.old, body.new)


@router.post(
    "/confirm",
    response={204: None, **PROBLEMS},
    auth=[requires("signed_in")],
    operation_id="confirm_identity",
)
def confirm_identity(request: HttpRequest, body: ConfirmIn) -> tuple[int, None]:
    """Prove once more who one is; acts of weight ask for it with ``FRESH_AUTH_NEEDED``."""
    second_factor.confirm(request, body)
    return 204, None


@router.post("/ticket", response={200: SessionOut, **PROBLEMS}, operation_id="ticket_sign_in")
def ticket_sign_in(request: HttpRequest, body: TicketIn) -> SessionOut:
    """Sign in with a one-time ticket of 随申办政务云."""
    return sso.with_ticket(request, body.ticket)


@router.get("/sso/start", response={200: RedirectOut, **PROBLEMS}, operation_id="start_sso")
def start_sso(
    request: HttpRequest,
    next: str = "/",  # noqa: A002 - the word browsers and people know
) -> RedirectOut:
    """Where applicants go to sign in with the city's identity platform."""
    return RedirectOut(redirect=sso.start(request, next))


@router.get("/sso/return", operation_id="finish_sso", include_in_schema=False)
def finish_sso(request: HttpRequest, code: str = "", state: str = "") -> HttpResponse:
    """Back from the identity platform with a one-time code."""
    return HttpResponseRedirect(sso.finish(request, code, state))


@router.get("/staff-sso/start", response={200: RedirectOut, **PROBLEMS}, operation_id="start_staff_sso")
def start_staff_sso(
    request: HttpRequest,
    next: str = "/office",  # noqa: A002 - as above
) -> RedirectOut:
    """Where staff go to sign in with 公务人员统一身份认证."""
    return RedirectOut(redirect=sso.start_staff(request, next))


@router.get("/staff-sso/return", operation_id="finish_staff_sso", include_in_schema=False)
def finish_staff_sso(request: HttpRequest, code: str = "", state: str = "") -> HttpResponse:
    """Back from the staff identity platform with a one-time code."""
    return HttpResponseRedirect(sso.finish_staff(request, code, state))

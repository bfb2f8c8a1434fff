"""Sign-in over the city's identity platforms.

一网通办 is for applicants, 公务人员统一身份认证 and 随申办政务云 are for staff.

Applicants are recognised at their first visit. Staff are only ever mapped to an account that exists.
"""

import hashlib
import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import identities, policy
from minfang.kernel.iam.models import Person, PersonKind
from minfang.services import sign_in
from minfang.services.connectors import identity, staff_identity
from minfang.services.schemas import SessionOut

APPLICANT, STAFF = "sso", "staff_sso"
STATE_BYTES = 24
SIGN_IN_PAGE = {APPLICANT: "/sign-in", STAFF: "/office/sign-in"}


def safe_path(target: str) -> str:
    """``target`` when it is a path of this site, the home page otherwise."""
    parts = urlsplit(target)
    local = not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith("//")
    return target if local and "\\" not in target else "/"


def start(request: HttpRequest, next_page: str) -> str:
    """Remember where to return to and name the applicants' sign-in page."""
    state = secrets.token_urlsafe(STATE_BYTES)
    request.session[APPLICANT] = {"state": state, "next": safe_path(next_page)}
    return identity.authorize_url(f"{settings.PUBLIC_URL}/api/session/sso/return", state)


def start_staff(request: HttpRequest, next_page: str) -> str:
    """The same for staff; the nonce ties the platform's answer to this browser."""
    state, nonce = secrets.token_urlsafe(STATE_BYTES), secrets.token_urlsafe(STATE_BYTES)
    wanted = safe_path(next_page)
    request.session[STAFF] = {"state": state, "nonce": nonce, "next": "/office" if wanted == "/" else wanted}
    return staff_identity.authorize_url(f"{settings.PUBLIC_URL}/api/session/staff-sso/return", state, nonce)


def _problem(kind: str, reason: str) -> str:
    return f"{SIGN_IN_PAGE[kind]}?problem={reason}"


def _expected(request: HttpRequest, kind: str, code: str, state: str) -> dict[str, str] | None:
    """What this browser set out with, once; ``None`` when it did not, or comes back with another state."""
    held: dict[str, str] | None = request.session.pop(kind, None)
    if not held or not code or not secrets.compare_digest(held["state"].encode(), state.encode()):
        return None
    return held


def finish(request: HttpRequest, code: str, state: str) -> str:
    """Exchange the one-time code, make the person known, sign in; returns the page to go on to."""
    expected = _expected(request, APPLICANT, code, state)
    if expected is None:
        return _problem(APPLICANT, "expired")
    try:
        outside = identity.person_for(code)
    except identity.SignInFailed:
        return _problem(APPLICANT, "refused")
    person = iam.recognise(sign_in.PROVIDER, outside)
    if not person.is_active or person.kind != PersonKind.APPLICANT:
        return _problem(APPLICANT, "refused")
    iam.begin(request, person, how="一网通办", factors=["platform"], complete=True)
    return expected["next"]


def finish_staff(request: HttpRequest, code: str, state: str) -> str:
    """Exchange the code in the back channel and sign in the account that carries this staff number."""
    expected = _expected(request, STAFF, code, state)
    if expected is None:
        return _problem(STAFF, "expired")
    try:
        outside = staff_identity.staff_for(code, expected["nonce"])
    except identity.SignInFailed:
        return _problem(STAFF, "refused")
    person = _account_of(outside)
    if person is None:
        return _problem(STAFF, "unknown")
    _enter(request, person, "公务人员统一身份认证")
    return expected["next"]


def with_ticket(request: HttpRequest, ticket: str) -> SessionOut:
    """Sign in on the mobile face with the container's ticket; it works once, whatever the platform says."""
    if not ticket or not _first_use(ticket):
        raise _ticket_refused("票据无效或已使用。")
    try:
        outside = staff_identity.staff_for_ticket(ticket)
    except identity.SignInFailed as error:
        raise _ticket_refused("随申办政务云未确认您的身份。") from error
    person = _account_of(outside)
    if person is None:
        raise _ticket_refused("您的政务云账号未对应本平台账号。")
    _enter(request, person, "随申办政务云")
    return sign_in.session_of(request)


def _enter(request: HttpRequest, person: Person, how: str) -> None:
    """Whether the platform's word stands for both factors is policy; else a second one is asked for."""
    strong = policy.current().staff_sso_two_factors or not sign_in.needs_second_factor(person)
    iam.begin(request, person, how=how, factors=["platform"], complete=strong)


def _account_of(outside: staff_identity.OutsideStaff) -> Person | None:
    """The active account of that staff number in that organisation; never made here (handbook §6.10)."""
    person = identities.staff_known_as(staff_identity.PROVIDER, outside.number)
    if person is None or person.organization is None:
        return None
    offices = {person.organization.code, person.organization.office.code}
    return person if outside.organization in offices else None


def _first_use(ticket: str) -> bool:
    digest = hashlib.new("sm3", b"ticket|" + ticket.encode()).hexdigest()
    try:
        with transaction.atomic():
            iam.use_ticket(digest)
    except IntegrityError:
        return False
    return True


def _ticket_refused(message: str) -> Refusal:
    return Refusal(
        "TICKET_REFUSED", message, "请从随申办政务云重新进入；仍不行请联系本单位系统管理员。", status=401
    )

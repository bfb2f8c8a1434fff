"""Sign-in and sign-out, and who is signed in."""

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person, PersonKind
from minfang.services.connectors import identity
from minfang.services.schemas import DemoAccount, PersonOut, SessionOut

BACKEND = "django.contrib.auth.backends.ModelBackend"
PROVIDER = "one_net"
REFUSED = "session.refused"
LOOPBACK = ("127.0.0.1", "::1", "testclient")


def session_of(request: HttpRequest) -> SessionOut:
    """The session as the faces need it."""
    person = request.user if isinstance(request.user, Person) else None
    return SessionOut(
        signed_in=person is not None,
        demo=settings.DEMO,
        person=_person_out(person) if person else None,
        sandbox_url=settings.SANDBOX_URL if settings.DEMO else "",
        today=clock.today(),
    )


def _person_out(person: Person) -> PersonOut:
    access = Access(person)
    organization = person.organization
    return PersonOut(
        id=person.pk,
        name=person.name,
        kind=person.kind,
        title=person.title,
        organization=organization.name if organization else "",
        office=organization.office.short_name if organization else "",
        district_code=organization.district_code if organization else "",
        party_name=person.party.name if person.party else "",
        roles=sorted(access.role_codes),
        permissions=sorted(access.permissions),
    )


def _enter(request: HttpRequest, person: Person, how: str) -> SessionOut:
    with transaction.atomic():
        login(request, person, backend=BACKEND)
        record("session.sign_in", person=person, target=person, summary=f"登录（{how}）")
    return session_of(request)


def leave(request: HttpRequest) -> None:
    """Sign out; the session is gone on the server."""
    person = request.user if isinstance(request.user, Person) else None
    with transaction.atomic():
        logout(request)
        if person:
            record("session.sign_out", person=person, target=person, summary="退出登录")


def _require_demo(request: HttpRequest) -> None:
    if not settings.DEMO or request.META.get("REMOTE_ADDR", "") not in LOOPBACK:
        raise not_found()


def demo_accounts(request: HttpRequest) -> list[DemoAccount]:
    """The accounts of the demo environment."""
    _require_demo(request)
    from minfang.services import demo_directory

    return demo_directory.accounts()


def demo(request: HttpRequest, username: str) -> SessionOut:
    """One click, one role; refused outside the demo environment."""
    _require_demo(request)
    from minfang.services import demo_directory

    listed = {account.username for account in demo_directory.accounts()}
    person = Person.objects.filter(username=username, is_active=True).first() if username in listed else None
    if person is None:
        raise not_found("该演示账号")
    return _enter(request, person, "演示环境")


def _require_unlocked(name: str, address: str) -> None:
    """Too many refusals lock a name and an address for a while, whether or not such an account exists."""
    since = clock.now() - timedelta(minutes=settings.LOCKOUT_MINUTES)
    refused = AuditEvent.objects.filter(action=REFUSED, at__gte=since)
    by_name = refused.filter(target=f"username:{name}").count()
    by_address = refused.filter(address=address).count()
    if by_name >= settings.LOCKOUT_BY_NAME or by_address >= settings.LOCKOUT_BY_ADDRESS:
        raise Refusal(
            "LOCKED",
            f"连续登录失败次数过多，请 {settings.LOCKOUT_MINUTES} 分钟后再试。",
            "如忘记口令，请联系本单位系统管理员重置。",
            status=429,
        )


def with_password(request: HttpRequest, username: str, password: str) -> SessionOut:
    """Sign in by password; the answer does not tell which part was wrong, and a locked name stays locked."""
    name = username.strip().lower()[:64]
    _require_unlocked(name, request.META.get("REMOTE_ADDR", ""))
    person = authenticate(request, username=name, password=password)
    if not isinstance(person, Person):
        with transaction.atomic():
            record(
                REFUSED,
                person=None,
                target=f"username:{name}",
                summary="口令登录失败",
                result="REFUSED",
            )
        raise Refusal(
            "WRONG_CREDENTIALS", "用户名或口令不对。", "请重新输入，或联系本单位管理员重置。", status=401
        )
    return _enter(request, person, "口令")


def start_sso(request: HttpRequest, next_page: str) -> str:
    """Remember where to return to and name the platform's sign-in page."""
    state = secrets.token_urlsafe(24)
    request.session["sso"] = {"state": state, "next": safe_path(next_page)}
    return identity.authorize_url(f"{settings.PUBLIC_URL}/api/session/sso/return", state)


def safe_path(target: str) -> str:
    """``target`` when it is a path of this site, the home page otherwise."""
    parts = urlsplit(target)
    local = not parts.scheme and not parts.netloc and target.startswith("/") and not target.startswith("//")
    return target if local and "\\" not in target else "/"


def finish_sso(request: HttpRequest, code: str, state: str) -> str:
    """Exchange the one-time code, make the person known, sign in; returns the page to go on to."""
    expected = request.session.pop("sso", None)
    if not expected or not code or not secrets.compare_digest(expected["state"], state):
        return "/sign-in?problem=expired"
    try:
        outside = identity.person_for(code)
    except identity.SignInFailed:
        return "/sign-in?problem=refused"
    person = iam.recognise(PROVIDER, outside)
    if not person.is_active or person.kind != PersonKind.APPLICANT:
        return "/sign-in?problem=refused"
    _enter(request, person, "一网通办")
    return str(expected["next"])

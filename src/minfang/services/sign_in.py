"""Sign-in and sign-out step by step, and who is signed in.

Staff prove two factors: first the password, then a one-time code or an SM2 certificate. Until then, and
while a new password is due, nothing but the routes here is open to them.
"""

from django.conf import settings
from django.http import HttpRequest

from minfang.kernel.base import clock
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import policy, proof, sessions
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person, PersonKind
from minfang.kernel.iam.proof import Proof
from minfang.services.schemas import DemoAccount, PersonOut, SessionOut

PROVIDER = "one_net"
LOOPBACK = ("127.0.0.1", "::1", "testclient")


def session_of(request: HttpRequest) -> SessionOut:
    """The session as the faces need it; somebody half-way through signing in is not signed in."""
    held = proof.of(request)
    person = request.user if isinstance(request.user, Person) and held else None
    step = sessions.stage_of(person, held) if person and held else ""
    return SessionOut(
        signed_in=person is not None and not step,
        demo=settings.DEMO,
        person=_person_out(person) if person and not step else None,
        sandbox_url=settings.SANDBOX_URL if settings.DEMO else "",
        today=clock.today(),
        step=step,
        name=person.name if person else "",
        ways=ways_of(person, held) if person and held else [],
        notice="" if person else sessions.note_of(request),
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


def ways_of(person: Person, held: Proof) -> list[str]:
    """How this person can prove who they are: ``totp``, ``certificate``, ``password``, ``demo``."""
    totp = getattr(person, "totp", None)
    found = ["totp"] if totp and totp.confirmed_at else []
    if person.certificates.filter(unbound_at=None).exists():
        found.append("certificate")
    if person.has_usable_password() and held.complete:
        found.append("password")
    return [*found, "demo"] if settings.DEMO and "demo" in held.factors else found


def leave(request: HttpRequest) -> None:
    """Sign out; the session is gone on the server."""
    if isinstance(request.user, Person):
        iam.sign_out(request, request.user)


def require_demo(request: HttpRequest) -> None:
    """Only the demo environment, asked from the machine it runs on."""
    here = request.META.get("REMOTE_ADDR", "") in LOOPBACK and not request.META.get("minfang.forwarded")
    if not settings.DEMO or not here:
        raise not_found()


def demo_accounts(request: HttpRequest) -> list[DemoAccount]:
    """The accounts of the demo environment."""
    require_demo(request)
    from minfang.services import demo_directory

    return demo_directory.accounts()


def demo(request: HttpRequest, username: str) -> SessionOut:
    """One click stands for both factors; refused outside the demo environment."""
    require_demo(request)
    from minfang.services import demo_directory

    listed = {account.username for account in demo_directory.accounts()}
    person = Person.objects.filter(username=username, is_active=True).first() if username in listed else None
    if person is None:
        raise not_found("该演示账号")
    iam.begin(request, person, how="演示环境", factors=["demo"], complete=True)
    return session_of(request)


def needs_second_factor(person: Person) -> bool:
    """Whether a password alone is not enough for this person."""
    if person.kind != PersonKind.STAFF:
        return False
    return policy.current().second_factor_required or sessions.has_second_factor(person)


def with_password(request: HttpRequest, username: str, password: str) -> SessionOut:
    """The first step of staff. The answer to a refusal is the same whatever was wrong."""
    person = iam.prove_password(username, password)
    complete = not needs_second_factor(person)
    iam.begin(request, person, how="口令", factors=["password"], complete=complete)
    return session_of(request)

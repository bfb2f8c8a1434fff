"""What a person sees and does about the security of their own account."""

from datetime import timedelta

from django.http import HttpRequest

from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import policy, proof, sessions
from minfang.kernel.iam.access import access_of, require_fresh
from minfang.kernel.iam.models import BoundCertificate, Person, StaffSession
from minfang.services import second_factor
from minfang.services.connectors import staff_ca
from minfang.services.schemas import (
    AccountSecurity,
    CertificateIn,
    OwnCertificate,
    OwnSession,
    PasswordRules,
    SoftCertificate,
)
from minfang.services.sign_in import require_demo


def overview(request: HttpRequest) -> AccountSecurity:
    """Password, second factors, sessions and recent sign-ins of whoever asks."""
    person, limits = access_of(request).person, policy.current()
    totp = getattr(person, "totp", None)
    changed = person.password_changed_at
    digest = sessions.digest_of(request.session.session_key or "")
    return AccountSecurity(
        username=person.username,
        has_password=person.has_usable_password() and bool(person.password),
        password_changed_at=changed,
        password_until=changed + timedelta(days=limits.password_days) if changed else None,
        rules=PasswordRules(
            min_length=limits.password_min_length,
            classes=limits.password_classes,
            history=limits.password_history,
            days=limits.password_days,
        ),
        second_factor_required=limits.second_factor_required,
        totp_since=totp.confirmed_at if totp else None,
        certificates=[_certificate(row) for row in person.certificates.filter(unbound_at=None)],
        sessions=[_session(row, digest) for row in sessions.sessions_of(person)[:50]],
    )


def _certificate(row: BoundCertificate) -> OwnCertificate:
    return OwnCertificate(
        id=row.pk,
        serial=row.serial,
        holder=row.holder,
        issuer=row.issuer,
        not_after=row.not_after,
        bound_at=row.bound_at,
    )


def _session(row: StaffSession, current: str) -> OwnSession:
    return OwnSession(
        id=row.pk,
        started_at=row.started_at,
        last_seen_at=row.last_seen_at,
        address=row.address,
        agent=row.agent,
        how=row.how,
        ended_at=row.ended_at,
        ended=sessions.reason_of(row),
        current=row.digest == current,
    )


def end_session(request: HttpRequest, number: int) -> None:
    """Sign out at another place."""
    person = access_of(request).person
    row = StaffSession.objects.filter(pk=number, person=person, ended_at=None).first()
    if row is None:
        raise not_found("该登录")
    iam.end_session(row, by=person, reason="")


def remove_totp(request: HttpRequest) -> None:
    """Take the code generator off; one other second factor has to remain while the policy asks for one."""
    person = _freshly(request)
    if policy.current().second_factor_required and not person.certificates.filter(unbound_at=None).exists():
        raise _last_factor()
    iam.remove_totp(person)


def bind_certificate(request: HttpRequest, body: CertificateIn) -> OwnCertificate:
    """Put a certificate on one's account."""
    person = _freshly(request)
    digest = sessions.digest_of(request.session.session_key or "")
    lists = staff_ca.revocation_lists()
    row = iam.bind_certificate(
        person, second_factor.signed(body), session_digest=digest, revocation_lists=lists
    )
    return _certificate(row)


def unbind_certificate(request: HttpRequest, number: int) -> None:
    """Take a certificate off one's account."""
    person = _freshly(request)
    row = person.certificates.filter(pk=number, unbound_at=None).first()
    if row is None:
        raise not_found("该证书")
    totp = getattr(person, "totp", None)
    others = person.certificates.filter(unbound_at=None).exclude(pk=number).exists()
    if policy.current().second_factor_required and not others and not (totp and totp.confirmed_at):
        raise _last_factor()
    iam.unbind_certificate(person, row)


def _freshly(request: HttpRequest) -> Person:
    person = access_of(request).person
    require_fresh(request)
    return person


def _last_factor() -> Refusal:
    return Refusal("LAST_FACTOR", "这是您唯一的第二因素。", "请先登记另一种，再移除这一种。", status=409)


def soft_certificate(request: HttpRequest) -> SoftCertificate:
    """A software certificate of the sandbox's CA for whoever is signing in; demo environment only."""
    require_demo(request)
    person = request.user
    if not isinstance(person, Person) or proof.of(request) is None:
        raise not_found("该登录")
    return SoftCertificate(**staff_ca.soft_certificate(person.name, person.username))

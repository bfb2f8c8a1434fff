"""Challenge, check and bind the certificates staff prove their identity with."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import certificates as x509
from minfang.kernel.crypto.certificates import NotTrusted
from minfang.kernel.crypto.rowmac import row_mac
from minfang.kernel.iam import certificate_proof as checking
from minfang.kernel.iam import policy
from minfang.kernel.iam.actions.proving import prove
from minfang.kernel.iam.certificate_proof import Signed
from minfang.kernel.iam.models import BoundCertificate, CertificateChallenge, Person

WHAT = "证书验证"


@transaction.atomic
def challenge(session_digest: str) -> str:
    """A text this session may have signed once, soon: ``nonce|aud|ts|session``."""
    nonce, now = secrets.token_hex(16), clock.now()
    text = f"{nonce}|{checking.AUDIENCE}|{int(now.timestamp())}|{session_digest[:32]}"
    CertificateChallenge.objects.create(nonce=nonce, session_digest=session_digest, text=text, made_at=now)
    return text


@transaction.atomic
def _use_challenge(text: str, session_digest: str) -> bool:
    """Whether this session was given the text, lately, and has not used it; it is used up in any case."""
    nonce = text.split("|", 1)[0][:64]
    row = CertificateChallenge.objects.select_for_update().filter(nonce=nonce).first()
    if row is None:
        return False
    row.delete()
    term = timedelta(seconds=policy.current().certificate_seconds)
    in_time = clock.now() - row.made_at <= term
    return in_time and row.text == text and row.session_digest == session_digest


def prove_certificate(
    person: Person, signed: Signed, *, session_digest: str, revocation_lists: Sequence[bytes]
) -> None:
    """Somebody proves that they hold a certificate bound to them; the refusal does not tell what failed."""

    def proves() -> bool:
        if not _use_challenge(signed.text, session_digest):
            return False
        try:
            leaf = checking.trusted(signed, revocation_lists)
        except NotTrusted:
            return False
        return checking.bound_to(person, leaf) is not None

    prove(person, WHAT, proves)


def bind_certificate(
    person: Person, signed: Signed, *, session_digest: str, revocation_lists: Sequence[bytes]
) -> BoundCertificate:
    """Put a certificate on one's own account: it is valid, in one's hand, and issued to one's name."""
    if not _use_challenge(signed.text, session_digest):
        raise _unusable("签名请求已过期")
    try:
        leaf = checking.trusted(signed, revocation_lists)
    except NotTrusted as reason:
        raise _unusable(str(reason)) from reason
    if x509.common_name(leaf) != person.name:
        raise _unusable(f"证书持有人“{x509.common_name(leaf)}”与账号姓名不一致")
    held = BoundCertificate.objects.filter(fingerprint=checking.fingerprint(leaf)).first()
    if held and (held.person_id != person.pk or held.unbound_at is None):
        raise _unusable("证书已绑定账号")
    return _bind(person, leaf, held or BoundCertificate(person=person))


@transaction.atomic
def _bind(person: Person, leaf: object, row: BoundCertificate) -> BoundCertificate:
    row.fingerprint, row.serial = checking.fingerprint(leaf), x509.serial(leaf)
    row.holder, row.issuer = x509.common_name(leaf)[:100], _issuer_name(leaf)
    row.not_before, row.not_after = leaf.not_valid_before, leaf.not_valid_after  # type: ignore[attr-defined]
    row.bound_at, row.unbound_at = clock.now(), None
    row.mac = row_mac(checking.PURPOSE, row.covered())
    row.save()
    record("factor.enrolled", person=person, target=person, summary=f"绑定证书 {row.serial}")
    return row


def _issuer_name(leaf: object) -> str:
    names = leaf.issuer.native  # type: ignore[attr-defined]
    return str(names.get("common_name") or names)[:100]


def _unusable(reason: str) -> Refusal:
    return Refusal("CERTIFICATE_REFUSED", f"不能绑定该证书：{reason}。", "请重新选择证书后再试。", status=422)


@transaction.atomic
def unbind_certificate(person: Person, row: BoundCertificate) -> None:
    """Take a certificate off one's own account."""
    row.unbound_at = clock.now()
    row.save(update_fields=["unbound_at"])
    record("factor.removed", person=person, target=person, summary=f"解除绑定证书 {row.serial}")

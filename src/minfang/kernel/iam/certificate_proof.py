"""Proof by SM2 certificate: the text to sign, and all that is checked about a signature (handbook A5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import x509
from django.conf import settings

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates, local, revocation, sm2
from minfang.kernel.crypto.certificates import NotTrusted
from minfang.kernel.iam.models import BoundCertificate, Person

PURPOSE = "iam_bound_certificate"
AUDIENCE = "minfang"


@dataclass(frozen=True)
class Signed:
    """What a signing device gives back: PEM of the certificate and its chain, DER signature over the text."""

    text: str
    signature: bytes
    certificate: str
    chain: tuple[str, ...] = ()


def roots() -> list[x509.Certificate]:
    """The roots of the CAs whose certificates stand for staff."""
    folder = Path(settings.STAFF_CA_ROOTS or settings.SEAL_ROOTS)
    found: list[x509.Certificate] = []
    for file in sorted(folder.glob("*.pem")) if folder.is_dir() else []:
        found += certificates.from_pem(file.read_bytes())
    return found


def fingerprint(certificate: x509.Certificate) -> str:
    """SM3 of the certificate."""
    return local.sm3(certificate.dump()).hex()


def trusted(signed: Signed, revocation_lists: Sequence[bytes]) -> x509.Certificate:
    """The signer's certificate when signature, chain, validity and revocation hold; else ``NotTrusted``."""
    leaf = _one(signed.certificate)
    intermediates = [_one(text) for text in signed.chain]
    now = clock.now()
    path = certificates.check_chain(leaf, roots=roots(), intermediates=intermediates, at=now)
    if len(path) < 2:
        raise NotTrusted("根证书不能用于登录")
    revocation.check_not_revoked(leaf, revocation_lists, issuer=path[1], at=now)
    if not sm2.verify(certificates.public_point(leaf), signed.text.encode(), signed.signature):
        raise NotTrusted("签名与证书不符")
    return leaf


def _one(pem: str) -> x509.Certificate:
    try:
        found = certificates.from_pem(pem)
        found[0].native  # noqa: B018 - reading everything shows whether it can be read
        certificates.public_point(found[0])
    except (ValueError, TypeError, KeyError, IndexError, sm2.BadKey) as error:
        raise NotTrusted("证书无法识别") from error
    return found[0]


def bound_to(person: Person, certificate: x509.Certificate) -> BoundCertificate | None:
    """The binding of this certificate to this person, if there is one the product wrote."""
    from minfang.kernel.crypto.rowmac import row_mac_holds

    row = BoundCertificate.objects.filter(
        person=person, fingerprint=fingerprint(certificate), unbound_at=None
    ).first()
    return row if row and row_mac_holds(PURPOSE, row.covered(), row.mac) else None

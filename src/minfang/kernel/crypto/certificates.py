"""SM2 X.509 certificates (GB/T 20518): make small ones for the sandbox, load, and check a chain.

In production certificates come from the city's CA; what the product itself needs is the check:
signature, validity, issuer, basic constraints and key usage, up to a configured root.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import algos, core, keys, pem, x509

from minfang.kernel.crypto import sm2

SM2_WITH_SM3 = "sm2_with_sm3"
SM2_WITH_SM3_OID = "1.2.156.10197.1.501"
SM3_OID = "1.2.156.10197.1.401"
MAX_DEPTH = 5

for _table in (algos.SignedDigestAlgorithmId, algos.DigestAlgorithmId):
    _table._map = {**_table._map, SM3_OID: "sm3", SM2_WITH_SM3_OID: SM2_WITH_SM3}
    _table._reverse_map = None


class NotTrusted(Exception):
    """A certificate that must not be relied on; the text is the reason, in Chinese."""


@dataclass(frozen=True)
class Subject:
    """Whom a certificate names: the organisation and the name printed in viewers."""

    common_name: str
    organization: str = ""
    country: str = "CN"

    def name(self) -> x509.Name:
        """The X.509 distinguished name."""
        parts = {"country_name": self.country, "common_name": self.common_name}
        if self.organization:
            parts["organization_name"] = self.organization
        return x509.Name.build(parts)


def _extensions(usage: set[str], is_ca: bool, public: bytes, issuer_public: bytes) -> list[dict[str, object]]:
    def key_id(point: bytes) -> bytes:
        return sm2.public_key_info(point).sha1

    authority = x509.AuthorityKeyIdentifier({"key_identifier": key_id(issuer_public)})
    return [
        {
            "extn_id": "basic_constraints",
            "critical": True,
            "extn_value": x509.BasicConstraints({"ca": is_ca}),
        },
        {"extn_id": "key_usage", "critical": True, "extn_value": x509.KeyUsage(usage)},
        {"extn_id": "key_identifier", "extn_value": core.OctetString(key_id(public))},
        {"extn_id": "authority_key_identifier", "extn_value": authority},
    ]


def _signed(body: x509.TbsCertificate, signer: sm2.KeyPair) -> x509.Certificate:
    return x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3}),
            "signature_value": sm2.sign(signer, body.dump()),
        }
    )


def make(
    subject: Subject,
    public: bytes,
    *,
    issuer: x509.Certificate | None,
    issuer_key: sm2.KeyPair,
    usage: set[str],
    not_before: datetime,
    days: int,
) -> x509.Certificate:
    """A certificate for ``public``, signed by ``issuer_key``; ``issuer`` None makes a self-signed root."""
    end = not_before + timedelta(days=days)
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(120) | 1 << 119,
            "signature": algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3}),
            "issuer": issuer.subject if issuer else subject.name(),
            "validity": {"not_before": _time(not_before), "not_after": _time(end)},
            "subject": subject.name(),
            "subject_public_key_info": sm2.public_key_info(public),
            "extensions": _extensions(usage, "key_cert_sign" in usage, public, issuer_key.public),
        }
    )
    return _signed(body, issuer_key)


def make_root(
    subject: Subject, key: sm2.KeyPair, *, not_before: datetime, days: int = 3650
) -> x509.Certificate:
    """A self-signed root that may sign certificates."""
    usage = {"key_cert_sign", "crl_sign"}
    return make(
        subject, key.public, issuer=None, issuer_key=key, usage=usage, not_before=not_before, days=days
    )


def make_leaf(
    subject: Subject,
    public: bytes,
    *,
    issuer: x509.Certificate,
    issuer_key: sm2.KeyPair,
    not_before: datetime,
    days: int = 365,
) -> x509.Certificate:
    """A signing certificate (digital signature and non-repudiation) for a seal or a person."""
    usage = {"digital_signature", "non_repudiation"}
    return make(
        subject, public, issuer=issuer, issuer_key=issuer_key, usage=usage, not_before=not_before, days=days
    )


def _time(moment: datetime) -> x509.Time:
    return x509.Time(name="utc_time", value=moment.astimezone(UTC).replace(microsecond=0))


def to_pem(certificate: x509.Certificate) -> str:
    """PEM text of one certificate."""
    return pem.armor("CERTIFICATE", certificate.dump()).decode()


def from_pem(text: str | bytes) -> list[x509.Certificate]:
    """Every certificate of a PEM text, in its order."""
    raw = text.encode() if isinstance(text, str) else text
    return [
        x509.Certificate.load(der)
        for kind, _headers, der in pem.unarmor(raw, multiple=True)
        if kind == "CERTIFICATE"
    ]


def key_to_pem(pair: sm2.KeyPair) -> str:
    """PKCS #8 PEM of a key pair, unencrypted: for the sandbox and tests only."""
    return pem.armor("PRIVATE KEY", sm2.private_key_info(pair).dump()).decode()


def key_from_pem(text: str | bytes) -> sm2.KeyPair:
    """The key pair of a PKCS #8 PEM with its public half."""
    raw = text.encode() if isinstance(text, str) else text
    info = keys.PrivateKeyInfo.load(pem.unarmor(raw)[2])
    inner = info["private_key"].parsed
    private = int(inner["private_key"].native).to_bytes(32, "big")
    return sm2.KeyPair(private, bytes(inner["public_key"].native))


def public_point(certificate: x509.Certificate) -> bytes:
    """The SM2 point a certificate certifies."""
    return sm2.public_point(certificate.public_key)


def serial(certificate: x509.Certificate) -> str:
    """The serial number in upper-case hexadecimal, as seals are registered."""
    return f"{certificate.serial_number:X}"


def common_name(certificate: x509.Certificate) -> str:
    """The subject's common name, or its whole name where it has none."""
    names = certificate.subject.native
    return str(names.get("common_name") or names)


def _signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate["signature_algorithm"]["algorithm"].native != SM2_WITH_SM3:
        return False
    body = certificate["tbs_certificate"].dump()
    return sm2.verify(public_point(issuer), body, certificate["signature_value"].native)


def _check_valid(certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before <= at <= certificate.not_valid_after:
        raise NotTrusted(f"证书“{common_name(certificate)}”不在有效期内")


def _check_authority(certificate: x509.Certificate) -> None:
    constraints, usage = certificate.basic_constraints_value, certificate.key_usage_value
    if constraints is None or not constraints["ca"].native:
        raise NotTrusted(f"证书“{common_name(certificate)}”不是发证机构证书")
    if usage is not None and "key_cert_sign" not in usage.native:
        raise NotTrusted(f"证书“{common_name(certificate)}”不得用于发证")


def _issuer_of(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> x509.Certificate | None:
    for other in pool:
        if other.subject == certificate.issuer and _signed_by(certificate, other):
            return other
    return None


def check_chain(
    leaf: x509.Certificate,
    *,
    roots: Sequence[x509.Certificate],
    intermediates: Sequence[x509.Certificate] = (),
    at: datetime,
    usage: str = "digital_signature",
) -> list[x509.Certificate]:
    """The path from ``leaf`` to a trusted root, each link checked at ``at`` (aware).

    Raises :class:`NotTrusted` with the reason: expired, unknown issuer, issuer without authority, wrong use.
    """
    allowed = leaf.key_usage_value
    if allowed is None or usage not in allowed.native:
        raise NotTrusted(f"证书“{common_name(leaf)}”的用途不含签名")
    path = [leaf]
    for _ in range(MAX_DEPTH):
        current = path[-1]
        _check_valid(current, at)
        if len(path) > 1:
            _check_authority(current)
        if any(current.dump() == root.dump() for root in roots):
            return path
        issuer = _issuer_of(current, roots) or _issuer_of(current, intermediates)
        if issuer is None or any(issuer.dump() == link.dump() for link in path):
            raise NotTrusted(f"证书“{common_name(current)}”的颁发者不受信任")
        path.append(issuer)
    raise NotTrusted("证书链过长")

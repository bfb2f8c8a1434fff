"""Certificate revocation lists (GB/T 20518, RFC 5280 §5) signed with SM2: made by the sandbox, read here."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from asn1crypto import algos, core, crl, x509

from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.certificates import SM2_WITH_SM3, NotTrusted


def make(
    issuer: x509.Certificate,
    issuer_key: sm2.KeyPair,
    serials: Iterable[int],
    *,
    this_update: datetime,
    next_update: datetime,
) -> bytes:
    """The list of certificates ``issuer`` has taken back, DER."""
    moment = _time(this_update)
    revoked = [{"user_certificate": number, "revocation_date": moment} for number in sorted(serials)]
    body = crl.TbsCertList(
        {
            "version": "v2",
            "signature": algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3}),
            "issuer": issuer.subject,
            "this_update": moment,
            "next_update": _time(next_update),
            **({"revoked_certificates": revoked} if revoked else {}),
        }
    )
    signed = crl.CertificateList(
        {
            "tbs_cert_list": body,
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3}),
            "signature": core.OctetBitString(sm2.sign(issuer_key, body.dump())),
        }
    )
    return bytes(signed.dump())


def _time(moment: datetime) -> x509.Time:
    return x509.Time(name="utc_time", value=moment.astimezone(UTC).replace(microsecond=0))


def check_not_revoked(
    certificate: x509.Certificate, lists: Sequence[bytes], *, issuer: x509.Certificate, at: datetime
) -> None:
    """Raise :class:`NotTrusted` unless a current list of the issuer is there and does not name it.

    No list, a list past its next update, or one the issuer did not sign is as good as revoked: fail closed.
    """
    current = [found for found in map(_load, lists) if found and _is_current(found, issuer, at)]
    if not current:
        raise NotTrusted("没有颁证机构当前有效的证书吊销列表，暂不能使用证书")
    for found in current:
        named = found["tbs_cert_list"]["revoked_certificates"]
        for row in named or []:
            if row["user_certificate"].native == certificate.serial_number:
                raise NotTrusted(f"证书“{certificates.common_name(certificate)}”已被吊销")


def _load(der: bytes) -> crl.CertificateList | None:
    try:
        found = crl.CertificateList.load(der, strict=True)
        found.native  # noqa: B018 - reading everything shows whether it can be read
    except (ValueError, TypeError):
        return None
    return found


def _is_current(found: crl.CertificateList, issuer: x509.Certificate, at: datetime) -> bool:
    body = found["tbs_cert_list"]
    if body["issuer"] != issuer.subject or found["signature_algorithm"]["algorithm"].native != SM2_WITH_SM3:
        return False
    until = body["next_update"].native
    if until is None or not body["this_update"].native <= at <= until:
        return False
    return sm2.verify(certificates.public_point(issuer), body.dump(), found["signature"].native)

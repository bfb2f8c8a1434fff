"""Check a sealed PDF with our own eyes: byte range, SM3, signed attributes, SM2, chain of certificates.

Common readers know no SM2, so this check is what citizens and officers rely on.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import pikepdf
from asn1crypto import cms, core, x509
from django.conf import settings

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.certificates import NotTrusted
from minfang.kernel.crypto.local import constant_time_equal, sm3

CLOCK_TOLERANCE = timedelta(minutes=5)
_HEX = re.compile(rb"<((?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+)>")
_DATE = re.compile(r"D:(\d{14})(?:([+-])(\d{2})'(\d{2})'?|Z)?")


@dataclass(frozen=True)
class SealReport:
    """What the seal of a PDF is worth.

    ``intact``: not one byte changed since sealing and the signature is the certificate's; ``trusted``:
    moreover the certificate leads to a configured root. ``reason`` says in Chinese why not.
    """

    sealed: bool
    intact: bool = False
    trusted: bool = False
    signer_name: str = ""
    signed_at: datetime | None = None
    serial: str = ""
    algorithm: str = ""
    reason: str = ""


class _Broken(Exception):
    """The signature does not hold; the text says why, in Chinese."""


@dataclass(frozen=True)
class _Signature:
    covered: bytes
    container: bytes
    signed_at: datetime


def trusted_roots() -> list[x509.Certificate]:
    """Root certificates of the seal platforms relied on: the PEM files in ``settings.SEAL_ROOTS``."""
    folder = Path(settings.SEAL_ROOTS)
    stamps = tuple(sorted((str(path), path.stat().st_mtime_ns) for path in folder.glob("*.pem")))
    return _load_roots(stamps)


@lru_cache(maxsize=4)
def _load_roots(stamps: tuple[tuple[str, int], ...]) -> list[x509.Certificate]:
    return [root for name, _ in stamps for root in certificates.from_pem(Path(name).read_bytes())]


def _moment(text: str) -> datetime:
    found = _DATE.fullmatch(text)
    if found is None:
        raise _Broken("用印时间无法识别")
    digits, sign, hours, minutes = found.groups()
    zone: timezone = UTC
    if sign:
        shift = timedelta(hours=int(hours), minutes=int(minutes))
        zone = timezone(shift if sign == "+" else -shift)
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=zone)


def _signature_fields(pdf: pikepdf.Pdf) -> list[Any]:
    form = pdf.Root.get("/AcroForm")
    fields: Any = form.get("/Fields", []) if form is not None else []
    return [field["/V"] for field in fields if field.get("/FT") == "/Sig" and "/V" in field]


def _find(content: bytes) -> _Signature | None:
    """The signature of a PDF that has exactly one over the whole file; None where there is none."""
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            found = _signature_fields(pdf)
            if not found:
                return None
            if len(found) > 1:
                raise _Broken("文件含有多个签名")
            numbers = [int(number) for number in found[0]["/ByteRange"]]
            signed_at = _moment(str(found[0]["/M"]))
    except _Broken:
        raise
    except Exception as error:
        raise _Broken("文件结构已损坏") from error
    return _Signature(*_split(content, numbers), signed_at)


def _split(content: bytes, numbers: list[int]) -> tuple[bytes, bytes]:
    """The bytes the signature covers and the signature itself, read from the gap and nowhere else."""
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        raise _Broken("签名范围不正确")
    _, first, second, rest = numbers
    if second + rest != len(content) or not first < second:
        raise _Broken("签名之后文件被追加或截断")
    return content[:first] + content[second:], _from_hex(content[first:second])


def _from_hex(gap: bytes) -> bytes:
    """The DER structure in the gap: figures in one case, nothing but zeros behind it."""
    if not _HEX.fullmatch(gap):
        raise _Broken("签名数据已损坏")
    raw = bytes.fromhex(gap[1:-1].decode("ascii"))
    try:
        end = len(core.Asn1Value.load(raw).dump())
    except ValueError:
        raise _Broken("签名数据已损坏") from None
    if raw[end:].strip(b"\0"):
        raise _Broken("签名数据已损坏")
    return raw[:end]


def _attribute(attributes: cms.CMSAttributes, name: str) -> Any:
    found = [attribute["values"][0] for attribute in attributes if attribute["type"].native == name]
    if len(found) != 1:
        raise _Broken("签名属性不完整")
    return found[0]


def _signer(data: cms.SignedData, info: cms.SignerInfo) -> tuple[x509.Certificate, list[x509.Certificate]]:
    chain = [choice.chosen for choice in data["certificates"] if choice.name == "certificate"]
    wanted = info["sid"].chosen
    for certificate in chain:
        if (
            certificate.serial_number == wanted["serial_number"].native
            and certificate.issuer == wanted["issuer"]
        ):
            return certificate, chain
    raise _Broken("缺少用印证书")


def _check_certificate_binding(attributes: cms.CMSAttributes, certificate: x509.Certificate) -> None:
    """The signed attributes name the certificate, so that it cannot be exchanged for another."""
    named = _attribute(attributes, "signing_certificate_v2")["certs"][0]
    algorithm = named["hash_algorithm"]["algorithm"].native
    raw = certificate.dump()
    actual = sm3(raw) if algorithm == "sm3" else certificate.sha256
    if algorithm not in ("sm3", "sha256") or not constant_time_equal(named["cert_hash"].native, actual):
        raise _Broken("签名与用印证书不符")


def _open(found: _Signature) -> tuple[x509.Certificate, list[x509.Certificate], bool]:
    """Check everything but trust: the certificate, its companions, and nothing left to doubt."""
    container = cms.ContentInfo.load(found.container)
    data = container["content"]
    if container["content_type"].native != "signed_data" or len(data["signer_infos"]) != 1:
        raise _Broken("签名数据已损坏")
    info = data["signer_infos"][0]
    if info["signature_algorithm"]["algorithm"].native != certificates.SM2_WITH_SM3:
        raise _Broken("不支持的签名算法（仅认 SM2）")
    attributes = info["signed_attrs"].untag()
    digest = _attribute(attributes, "message_digest").native
    if not constant_time_equal(digest, sm3(found.covered)):
        raise _Broken("文件内容在用印后被修改")
    certificate, chain = _signer(data, info)
    _check_certificate_binding(attributes, certificate)
    signed = sm2.verify(certificates.public_point(certificate), attributes.dump(), info["signature"].native)
    return certificate, chain, signed


def _report(found: _Signature, roots: Sequence[x509.Certificate]) -> SealReport:
    try:
        certificate, chain, signed = _open(found)
    except (ValueError, TypeError, KeyError) as error:
        raise _Broken("签名数据已损坏") from error
    if not signed:
        raise _Broken("签名值不正确")
    reason = ""
    try:
        if found.signed_at > clock.now() + CLOCK_TOLERANCE:
            raise NotTrusted("用印时间晚于当前时间")
        certificates.check_chain(certificate, roots=roots, intermediates=chain, at=found.signed_at)
    except NotTrusted as error:
        reason = str(error)
    return SealReport(
        sealed=True,
        intact=True,
        trusted=not reason,
        signer_name=certificates.common_name(certificate),
        signed_at=found.signed_at.astimezone(clock.SHANGHAI),
        serial=certificates.serial(certificate),
        algorithm="SM2-SM3",
        reason=reason,
    )


def verify_pdf(pdf: bytes, roots: Sequence[x509.Certificate] | None = None) -> SealReport:
    """What the seal of ``pdf`` is worth; never raises for a bad file, the report says what is wrong."""
    try:
        found = _find(pdf)
        if found is None:
            return SealReport(sealed=False, reason="文件未加盖电子印章")
        return _report(found, trusted_roots() if roots is None else roots)
    except _Broken as broken:
        return SealReport(sealed=True, reason=str(broken))

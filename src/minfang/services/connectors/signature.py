"""法人一证通签名: the applicant confirms on the platform's page; the signature is fetched with a ticket."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.certificates import NotTrusted
from minfang.kernel.documents.verify import trusted_roots
from minfang.kernel.exchange.connectors import Rejected, Unreachable
from minfang.services.connectors.outside import Answer, address, call

CODE = "signature"


@dataclass(frozen=True)
class Signed:
    """A signature over the 32 bytes of ``digest``: SM2 with SM3, Base64 of DER; certificates are PEM."""

    signer: str
    serial: str
    signature: str
    certificate: str
    chain: tuple[str, ...]
    digest: str


def sign_url(digest: str, title: str, holder: str, return_url: str) -> str:
    """Where the browser goes to sign; it comes back with ``ticket``, or with ``error=declined``.

    ``digest`` is the SM3 of the file in hexadecimal; ``holder`` the code or name whose certificate signs.
    """
    parameters = {"digest": digest, "document": title, "holder": holder, "return": return_url}
    return address(CODE, "/ca/sign?" + urlencode(parameters))


def fetch(ticket: str) -> Signed:
    """The signature behind a ticket; refused when the ticket is spent or the platform does not answer."""
    try:
        try:
            answer = _ask(ticket)
        except Unreachable:
            answer = _ask(ticket)
    except Unreachable as error:
        raise Refusal(
            "OUTSIDE_UNREACHABLE",
            "签名平台暂时没有答复，尚未取回签名。",
            "请稍后重试，已填内容不会丢失。",
            status=503,
        ) from error
    except Rejected as error:
        raise Refusal("TICKET_SPENT", "签名票据无效、已使用或已过期。", "请重新签章。", status=409) from error
    body = answer.body
    certificate = certificates.from_pem(body["certificate"])[0]
    return Signed(
        signer=certificates.common_name(certificate),
        serial=certificates.serial(certificate),
        signature=body["signature"],
        certificate=body["certificate"],
        chain=tuple(body["chain"]),
        digest=body["digest"],
    )


def _ask(ticket: str) -> Answer:
    return call(CODE, f"/ca/signatures/{quote(ticket, safe='')}", key=f"ticket:{ticket}", method="GET")


def is_valid(signed: Signed, digest: str) -> bool:
    """Whether the signature is over this digest, by a certificate that a trusted authority issued."""
    try:
        leaf = certificates.from_pem(signed.certificate)[0]
        issuers = [found for pem in signed.chain for found in certificates.from_pem(pem)]
        value = base64.b64decode(signed.signature, validate=True)
        certificates.check_chain(leaf, roots=trusted_roots(), intermediates=issuers, at=clock.now())
    except (NotTrusted, ValueError, binascii.Error):
        return False
    return signed.digest == digest and sm2.verify(
        certificates.public_point(leaf), bytes.fromhex(digest), value
    )

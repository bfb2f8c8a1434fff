"""电子印章: have a document sealed by the city's platform, which alone holds the key (handbook §7.6)."""

import base64
import binascii
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from minfang.kernel.crypto import certificates
from minfang.kernel.crypto.local import sm3
from minfang.kernel.documents import sealing
from minfang.kernel.documents.models import Document
from minfang.kernel.exchange.actions import enqueue
from minfang.kernel.exchange.connectors import Connector, Delivery, Exchanged, Unreachable
from minfang.kernel.exchange.models import OutboxMessage
from minfang.kernel.files.actions import read
from minfang.services.connectors.outside import call

CODE, DATASET = "eseal", "document"


@dataclass(frozen=True)
class Seal:
    """A seal as the platform keeps it: its picture, its certificate and the issuers (PEM)."""

    id: str
    image: bytes
    certificate: str
    chain: tuple[str, ...]


@dataclass(frozen=True)
class SealSignature:
    """An SM2 signature value (DER) made with a seal's key."""

    value: bytes
    certificate: str
    chain: tuple[str, ...]
    exchanged: Exchanged


def seal_id(district_code: str, kind: str) -> str:
    """The id of an office's seal: ``310000`` for the city; kind OFFICIAL, APPROVAL or FILING."""
    return f"SEAL-{district_code}-{kind}"


@lru_cache(maxsize=64)
def fetch(seal: str) -> Seal:
    """A seal's picture and certificate, kept in memory: they change with the certificate, yearly."""
    image = call(CODE, f"/seal/{seal}/image.png", method="GET").content
    answer = call(CODE, f"/seal/{seal}/certificate", method="GET").body
    return Seal(seal, image, str(answer["certificate"]), tuple(answer["chain"]))


def sign(data: bytes, seal: str, *, key: str, case_no: str = "") -> SealSignature:
    """SM2-with-SM3 over ``data`` with the seal's key; raises ``Unreachable`` or ``Rejected``."""
    body = {"data": base64.b64encode(data).decode(), "seal_id": seal, "case_no": case_no}
    answer = call(CODE, "/seal/sign", body=body, key=key)
    try:
        value = base64.b64decode(answer.body["signature"], validate=True)
        return SealSignature(value, answer.body["certificate"], tuple(answer.body["chain"]), answer.exchanged)
    except (KeyError, TypeError, binascii.Error) as error:
        raise Unreachable("印章平台的答复不完整", answer.exchanged) from error


class ElectronicSeals(Connector):
    """Seals one document for each message; the answer carries the sealed PDF (Base64) and the seal's data."""

    code = CODE
    name = "电子印章"

    def deliver(self, message: OutboxMessage) -> Delivery:
        """Draw the seal, have the bytes signed, put the signature in, and check it before it is believed."""
        payload = message.payload
        document = Document.objects.select_related("file").get(pk=payload["document_id"])
        if document.file is None or document.placement is None:
            raise LookupError(f"document {document.pk} has no PDF or no place for a seal")
        seal = fetch(payload["seal_id"])
        chain = [found for pem in (seal.certificate, *seal.chain) for found in certificates.from_pem(pem)]
        prepared = sealing.prepare(
            read(document.file),
            certificates=chain,
            image=seal.image,
            reason=document.title,
            placement=_placement(document.placement),
        )
        key = f"{message.key}:{sm3(prepared.to_sign).hex()[:16]}"
        signed = sign(prepared.to_sign, seal.id, key=key, case_no=payload["case_no"])
        try:
            pdf = sealing.embed(prepared, signed.value)
        except sealing.SealRefused as error:
            fetch.cache_clear()
            raise Unreachable("印章平台返回的签名验证不通过", signed.exchanged) from error
        return Delivery(
            {"pdf": base64.b64encode(pdf).decode(), "seal": seal_info(seal, chain[0])}, signed.exchanged
        )


def _placement(place: dict[str, Any]) -> sealing.Placement:
    return sealing.Placement(int(place["page"]), float(place["x"]), float(place["y"]))


def seal_info(seal: Seal, certificate: Any) -> dict[str, str]:
    """What is kept with a sealed document."""
    return {
        "seal_id": seal.id,
        "name": certificates.common_name(certificate),
        "algorithm": "SM2/SM3",
        "serial": certificates.serial(certificate),
    }


def ask(subject: str, document: Document, seal: str, *, case_no: str = "") -> OutboxMessage:
    """Write down that a document is to be sealed."""
    payload = {"document_id": document.pk, "seal_id": seal, "case_no": case_no}
    return enqueue(CODE, DATASET, subject=subject, payload=payload, key=f"seal:{document.pk}:{seal}")


def sealed_pdf(answer: dict[str, Any]) -> bytes:
    """The sealed PDF out of a delivery's answer."""
    return base64.b64decode(answer["pdf"])

"""Put an electronic seal on a PDF in two halves, so that the private key stays with the seal platform.

``prepare`` draws the seal, leaves the place for the signature and says which bytes are to be signed;
the platform signs them (SM2 with SM3); ``embed`` puts the signature in. The result is a PAdES
certification signature that permits no later change.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import algos, cms, tsp, x509
from PIL import Image
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.stamp import StaticStampStyle

from minfang.kernel.base import clock
from minfang.kernel.crypto import sm2
from minfang.kernel.crypto.certificates import SM2_WITH_SM3, public_point
from minfang.kernel.crypto.local import sm3
from minfang.kernel.documents.engine import Anchor

SEAL_DIAMETER_MM = 42.0
RESERVED_BYTES = 16384
FIELD_NAME = "Seal1"
PT_PER_MM = 72 / 25.4


class SealRefused(Exception):
    """A signature value that is not the announced certificate's over these bytes."""


@dataclass(frozen=True)
class Placement:
    """Where the middle of a seal goes: page from 1, millimetres from the left and upper edge."""

    page: int
    x: float
    y: float
    diameter: float = SEAL_DIAMETER_MM

    @classmethod
    def at(cls, anchor: Anchor) -> "Placement":
        """The place a template marked."""
        return cls(anchor.page, anchor.x, anchor.y)


@dataclass(frozen=True)
class Prepared:
    """A PDF with room for its signature. ``to_sign`` are the bytes the platform signs (DER attributes)."""

    pdf: bytes
    digest: bytes
    to_sign: bytes
    region: tuple[int, int]
    certificates: tuple[bytes, ...]


class _ElsewhereSigner(Signer):
    """What pyHanko has to know of a signer to lay out the PDF; it never signs."""

    def __init__(self, certificate: x509.Certificate) -> None:
        mechanism = algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3})
        super().__init__(signing_cert=certificate, signature_mechanism=mechanism)


def _box(placement: Placement, page_height: float) -> tuple[int, int, int, int]:
    half = placement.diameter / 2
    left, right = (placement.x - half) * PT_PER_MM, (placement.x + half) * PT_PER_MM
    top, bottom = (
        page_height - (placement.y - half) * PT_PER_MM,
        page_height - (placement.y + half) * PT_PER_MM,
    )
    return round(left), round(bottom), round(right), round(top)


def _stamp(image: bytes) -> StaticStampStyle:
    middle = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins(0, 0, 0, 0))
    picture = Image.open(io.BytesIO(image)).convert("RGBA")
    return StaticStampStyle(border_width=0, background=PdfImage(picture), background_layout=middle)


def _page_height(writer: IncrementalPdfFileWriter, page: int) -> float:
    reference, _resources = writer.find_page_for_modification(page - 1)
    node = reference.get_object()
    while "/MediaBox" not in node:
        node = node["/Parent"]
    box = node["/MediaBox"]
    return float(box[3]) - float(box[1])


def _metadata(reason: str, place: str) -> PdfSignatureMetadata:
    return PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm="sm3",
        reason=reason or None,
        location=place or None,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        subfilter=SigSeedSubFilter.PADES,
    )


def _session(
    writer: IncrementalPdfFileWriter,
    signer: Signer,
    metadata: PdfSignatureMetadata,
    image: bytes,
    placement: Placement,
) -> Any:
    box = _box(placement, _page_height(writer, placement.page))
    pdf_signer = PdfSigner(
        metadata,
        signer=signer,
        stamp_style=_stamp(image),
        new_field_spec=SigFieldSpec(FIELD_NAME, on_page=placement.page - 1, box=box),
    )
    session = pdf_signer.init_signing_session(writer)
    session.system_time = clock.now()
    return session


def _attributes(digest: bytes, certificate: x509.Certificate) -> cms.CMSAttributes:
    """The signed attributes of PAdES: what is signed, its SM3 digest, and by which certificate."""
    named = tsp.ESSCertIDv2(
        {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sm3"}), "cert_hash": sm3(certificate.dump())}
    )
    binding = tsp.SigningCertificateV2({"certs": [named]})
    values = {"content_type": "data", "message_digest": digest, "signing_certificate_v2": binding}
    return cms.CMSAttributes([{"type": kind, "values": [value]} for kind, value in values.items()])


def _container(prepared: Prepared, chain: Sequence[x509.Certificate], signature: bytes) -> cms.ContentInfo:
    """The detached CMS signature that goes into the PDF."""
    sm3_algorithm = algos.DigestAlgorithm({"algorithm": "sm3"})
    identity = {"issuer": chain[0].issuer, "serial_number": chain[0].serial_number}
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier("issuer_and_serial_number", cms.IssuerAndSerialNumber(identity)),
            "digest_algorithm": sm3_algorithm,
            "signed_attrs": cms.CMSAttributes.load(prepared.to_sign),
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": SM2_WITH_SM3}),
            "signature": signature,
        }
    )
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sm3_algorithm],
            "encap_content_info": {"content_type": "data"},
            "certificates": [cms.CertificateChoices("certificate", certificate) for certificate in chain],
            "signer_infos": [signer],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": data})


def prepare(
    pdf: bytes,
    *,
    certificates: Sequence[x509.Certificate],
    image: bytes,
    placement: Placement,
    reason: str = "",
    place: str = "",
) -> Prepared:
    """First half: seal drawn, room left, and the bytes to be signed.

    ``certificates`` is the seal's certificate followed by its issuers; ``image`` a transparent PNG.
    """
    signer = _ElsewhereSigner(certificates[0])
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    session = _session(writer, signer, _metadata(reason, place), image, placement)
    tbs = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED_BYTES)
    prepared, output = tbs.digest_tbs_document()
    return Prepared(
        pdf=output.getvalue(),
        digest=prepared.document_digest,
        to_sign=_attributes(prepared.document_digest, certificates[0]).dump(),
        region=(prepared.reserved_region_start, prepared.reserved_region_end),
        certificates=tuple(certificate.dump() for certificate in certificates),
    )


def embed(prepared: Prepared, signature: bytes) -> bytes:
    """Second half: the sealed PDF.

    ``signature`` is the DER SM2 value over ``prepared.to_sign``; one that does not verify against the
    announced certificate is refused with :class:`SealRefused`.
    """
    chain = [x509.Certificate.load(raw) for raw in prepared.certificates]
    if not sm2.verify(public_point(chain[0]), prepared.to_sign, signature):
        raise SealRefused("the signature is not this certificate's over these bytes")
    container = _container(prepared, chain, signature)
    start, end = prepared.region
    output = io.BytesIO(prepared.pdf)
    PreparedByteRangeDigest(prepared.digest, start, end).fill_with_cms(output, container)
    return output.getvalue()


def seal(
    pdf: bytes,
    *,
    certificates: Sequence[x509.Certificate],
    image: bytes,
    placement: Placement,
    sign: Callable[[bytes], bytes],
    reason: str = "",
    place: str = "",
) -> bytes:
    """Both halves around a call that signs, such as an HTTP request in a worker."""
    prepared = prepare(
        pdf, certificates=certificates, image=image, placement=placement, reason=reason, place=place
    )
    return embed(prepared, sign(prepared.to_sign))

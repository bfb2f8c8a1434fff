"""Time-stamp tokens: a digest and a moment, signed with SM2 by a time-stamp authority."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

import orjson
from asn1crypto import x509

from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.port import TimeStamp


def body_of(digest: bytes, at: datetime) -> bytes:
    """The bytes an authority signs."""
    return orjson.dumps({"at": at.isoformat(), "digest": digest.hex()}, option=orjson.OPT_SORT_KEYS)


def token_of(signature: bytes, chain: Sequence[str]) -> bytes:
    """A token: the signature with the authority's certificate and its issuers (PEM)."""
    return orjson.dumps({"signature": base64.b64encode(signature).decode(), "chain": list(chain)})


def holds(digest: bytes, stamp: TimeStamp, roots: Sequence[x509.Certificate]) -> bool:
    """Whether an authority below one of ``roots`` signed this digest with this moment."""
    try:
        token = orjson.loads(stamp.token)
        chain = [found for pem in token["chain"] for found in certificates.from_pem(pem)]
        signature = base64.b64decode(token["signature"], validate=True)
        certificates.check_chain(chain[0], roots=roots, intermediates=chain[1:], at=stamp.at)
        return sm2.verify(certificates.public_point(chain[0]), body_of(digest, stamp.at), signature)
    except (ValueError, KeyError, TypeError, IndexError, binascii.Error, certificates.NotTrusted, sm2.BadKey):
        return False

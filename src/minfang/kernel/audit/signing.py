"""The platform's SM2 signature with a time stamp over pieces of evidence: heads, exports, archives."""

import base64
from dataclasses import asdict, dataclass
from datetime import datetime

import orjson

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates, port

UNCHECKED = "密码服务暂时不可用，未能核验"


@dataclass(frozen=True)
class Signed:
    """What proves who vouches for a text and since when; all fields are text, as kept in rows and files."""

    signature: str
    certificate: str
    timestamp: str

    def as_json(self) -> dict[str, str]:
        """As it stands in a manifest."""
        return asdict(self)


def sign(content: bytes) -> Signed:
    """Sign with the platform's signing key and have the digest stamped; raises ``port.CryptoUnavailable``."""
    crypto = port.current()
    stamp = crypto.timestamp(crypto.hash(content))
    token = {"at": stamp.at.isoformat(), "token": base64.b64encode(stamp.token).decode()}
    return Signed(
        base64.b64encode(crypto.sign(port.SERVER_SIGNING, content)).decode(),
        certificates.to_pem(crypto.certificate(port.SERVER_SIGNING)),
        orjson.dumps(token).decode(),
    )


def fault(content: bytes, signed: Signed) -> str:
    """What is wrong with the signature or its time stamp, in Chinese; empty when both hold.

    Raises ``port.CryptoUnavailable`` when this cannot be told now: that is not a fault of the evidence.
    """
    crypto = port.current()
    try:
        certificate = certificates.from_pem(signed.certificate)[0]
        if not crypto.verify(certificate, content, base64.b64decode(signed.signature, validate=True)):
            return "签名不符"
        token = orjson.loads(signed.timestamp)
        at = datetime.fromisoformat(token["at"])
        stamp = port.TimeStamp(at, base64.b64decode(token["token"], validate=True))
        if not crypto.verify_timestamp(crypto.hash(content), stamp):
            return "时间戳不符"
        crypto.verify_certificate(certificate, purpose="digital_signature", at=min(at, clock.now()))
    except certificates.NotTrusted as error:
        return str(error)
    except (ValueError, KeyError, IndexError, TypeError):
        return "签名数据残缺"
    return ""

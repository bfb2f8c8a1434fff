"""A password service over HTTP in the manner of GM/T 0136: ``POST /shf/v1/<operation>`` with NTV values.

An NTV value is ``{"Name": …, "Type": "Raw|Base64|Hex|DateTime", "Value": …}``. Every message carries the
application, a moment, a nonce and an HMAC-SM3 under the application's secret, both ways. Only wrapping,
signing, checking signatures and time stamps go out. The standard's text was not at hand: operation names
beyond those publicly described are settings, so that a conforming service can be met without code.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from asn1crypto import x509

from minfang.kernel.base import clock
from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.adapters import stamps
from minfang.kernel.crypto.adapters.inprocess import InProcess, trusted_roots
from minfang.kernel.crypto.adapters.service import Service, Values
from minfang.kernel.crypto.port import CryptoUnavailable, TimeStamp

KEEP_SECONDS = 3600


class Http0136Adapter(InProcess):
    """Master key and signing keys stay in the service; data keys are used in this process."""

    name = "http0136"

    def __init__(self, service: Service) -> None:
        self._service = service
        self._certificates: dict[str, tuple[datetime, x509.Certificate]] = {}

    def wrap(self, key: bytes) -> bytes:
        """The data key under the service's master key."""
        asked: Values = {"KeyId": self._service.key("wrap"), "PlainText": key}
        return self._service.ask("Encrypt", asked).octets("CipherText")

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key again."""
        asked: Values = {"KeyId": self._service.key("wrap"), "CipherText": wrapped}
        return self._service.ask("Decrypt", asked).octets("PlainText")

    def sign(self, key_ref: str, data: bytes) -> bytes:
        """SM2-with-SM3 (DER); a signature that does not verify is never handed out."""
        answer = self._service.ask("Sign", {"KeyId": self._service.key(key_ref), "PlainText": data})
        signature = answer.octets("Signature")
        if not super().verify(self.certificate(key_ref), data, signature):
            self._certificates.pop(key_ref, None)
            raise CryptoUnavailable("密码服务返回的签名验证不通过，未采用。")
        return signature

    def certificate(self, key_ref: str) -> x509.Certificate:
        """The certificate of a signing key, traced to a trusted root when it was fetched."""
        kept = self._certificates.get(key_ref)
        now = clock.now()
        if kept is not None and (now - kept[0]).total_seconds() < KEEP_SECONDS:
            return kept[1]
        answer = self._service.ask("ExportCertificate", {"KeyId": self._service.key(key_ref)})
        found = answer.certificates("Certificate")
        try:
            certificates.check_chain(
                found[0], roots=trusted_roots(), intermediates=found[1:], at=now, usage="digital_signature"
            )
        except certificates.NotTrusted as error:
            raise CryptoUnavailable(f"密码服务的签名证书不可用：{error}。") from error
        self._certificates[key_ref] = (now, found[0])
        return found[0]

    def verify(self, certificate: Any, data: bytes, signature: bytes) -> bool:
        """As the service finds; a malformed signature is refused without asking it."""
        if not sm2.is_well_formed(signature):
            return False
        asked: Values = {"Certificate": certificate.dump(), "PlainText": data, "Signature": signature}
        return self._service.ask("Verify", asked).text("Result") == "true"

    def verify_certificate(
        self, certificate: Any, *, purpose: str, at: datetime, intermediates: Sequence[Any] = ()
    ) -> None:
        """As the service finds: chain, validity, use and revocation."""
        chain = "".join(certificates.to_pem(item) for item in intermediates)
        asked: Values = {"Certificate": certificate.dump(), "Usage": purpose, "Time": at, "Chain": chain}
        answer = self._service.ask("VerifyCertificate", asked)
        if answer.text("Result") != "true":
            raise certificates.NotTrusted(answer.text("Reason"))

    def timestamp(self, digest: bytes) -> TimeStamp:
        """A stamp of the time-stamp service; one that strays from our clock is not taken."""
        answer = self._service.ask("TimeStamp", {"Digest": digest})
        stamp = TimeStamp(answer.moment("Time"), answer.octets("Token"))
        gap = abs((stamp.at - clock.now()).total_seconds())
        if gap > self._service.skew_seconds:
            raise CryptoUnavailable(f"时间戳与本机时钟相差 {gap:.0f} 秒，未采用：请检查时间源。")
        if not self.verify_timestamp(digest, stamp):
            raise CryptoUnavailable("时间戳验证不通过，未采用。")
        return stamp

    def verify_timestamp(self, digest: bytes, stamp: TimeStamp) -> bool:
        """Whether a trusted authority signed this digest with this moment."""
        return stamps.holds(digest, stamp, trusted_roots())

"""可信密码服务、签名验签、时间戳: plays a password service in the manner of GM/T 0136.

Its master key and signing keys lie in the sandbox's folder; what it was asked to wrap is not noted down.
"""

import base64
import os
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from asn1crypto import x509
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from minfang.kernel.crypto import certificates, local, sm2
from minfang.kernel.crypto.adapters import ntv, stamps
from minfang.kernel.crypto.certificates import NotTrusted, Subject
from minfang.sandbox import base, keys
from minfang.sandbox.base import Call, Handler, Platform, Refused, Result

APP_ID = "minfang"
SECRET = b"sandbox-password-service"
SIGNER, AUTHORITY = Subject("民防平台服务器签名（演示）", "演示环境"), Subject("演示时间戳服务", "演示环境")
TWISTS = {"wrong_signature", "expired_certificate", "clock_skew"}
WINDOW = timedelta(minutes=5)
REFUSED = "1"


class PasswordService(Platform):
    """Wraps data keys, signs, checks signatures and certificates, stamps the time."""

    code = "crypto"
    name = "密码服务"
    about = "数据密钥包装、服务器签名验签、时间戳（GM/T 0136 形式）"
    _twist = ""

    def routes(self) -> list[Route]:
        """One address an operation."""
        operations = {
            "Encrypt": self.wrap,
            "Decrypt": self.unwrap,
            "Sign": self.sign,
            "Verify": self.verify,
            "ExportCertificate": self.certificate,
            "VerifyCertificate": self.verify_certificate,
            "TimeStamp": self.timestamp,
        }
        return [self.post(f"/shf/v1/{name}", handler) for name, handler in operations.items()]

    @property
    def _ring(self) -> keys.KeyRing:
        return keys.ring(self.store.folder / "keys")

    @cached_property
    def _master(self) -> bytes:
        file = self.store.folder / "keys" / "crypto-master.key"
        if not file.exists():
            file.write_bytes(os.urandom(16))
            file.chmod(0o600)
        return file.read_bytes()

    async def _serve(self, call: Call, handler: Handler, trusted: bool) -> Response:
        faults = self.switches.faults
        if faults.mode not in TWISTS:
            return await super()._serve(call, handler, True)
        if faults.slow_seconds:
            await base.pause(faults.slow_seconds)
        self._twist = faults.mode if self.switches.strikes() else ""
        result = self._process(call, handler, True)
        self._twist = ""
        self._note(call, result)
        return JSONResponse(result.body, result.status)

    def _process(self, call: Call, handler: Handler, trusted: bool) -> Result:
        """Check the message, carry it out, and answer with a MAC; what it held is forgotten."""
        message, call.body = call.body, {"Data": "（不留存）"}
        call.dataset, now = call.path.rsplit("/", 1)[-1], datetime.now(UTC)
        if message.get("AppId") != APP_ID or not ntv.holds(message, SECRET):
            return Result(401, {"Code": "401", "Message": "应用或校验码不对"}, "refused", "校验码不对")
        answer: dict[str, Any] = {"Code": "0", "Message": "", "Nonce": message.get("Nonce"), "Data": []}
        try:
            if abs(datetime.fromisoformat(str(message.get("TimeStamp"))) - now) > WINDOW:
                raise Refused("请求时间超出允许范围")
            answer["Data"] = ntv.packed(handler(Call(call.path, {"values": ntv.Unpacked(message["Data"])})))
            note = ""
        except (Refused, ntv.BadMessage, KeyError, ValueError) as error:
            note = getattr(error, "message", str(error))
            answer |= {"Code": REFUSED, "Message": note}
        return Result(200, ntv.sealed(answer, SECRET), "refused" if note else "accepted", note)

    def wrap(self, call: Call) -> dict[str, Any]:
        """A key under the master key."""
        values = call.body["values"]
        sealed = local.seal_with(self._master, values.octets("PlainText"), values.text("KeyId").encode())
        return {"CipherText": sealed}

    def unwrap(self, call: Call) -> dict[str, Any]:
        """A key again."""
        values = call.body["values"]
        try:
            place = values.text("KeyId").encode()
            return {"PlainText": local.unseal_with(self._master, values.octets("CipherText"), place)}
        except local.Tampered as error:
            raise Refused("密文无法解开") from error

    def _signer(self, values: ntv.Unpacked) -> str:
        name = values.text("KeyId")
        if name != "server-signing":
            raise Refused(f"没有签名密钥 {name}")
        return f"crypto-{name}"

    def sign(self, call: Call) -> dict[str, Any]:
        """SM2-with-SM3 by a key kept here."""
        values = call.body["values"]
        data = values.octets("PlainText")
        if self._twist == "wrong_signature":
            data += b"?"
        signed = self._ring.sign(self._signer(values), SIGNER, data)
        return {"Signature": base64.b64decode(signed["signature"])}

    def certificate(self, call: Call) -> dict[str, Any]:
        """The certificate of a signing key and its issuers."""
        code = self._signer(call.body["values"])
        pem = self._ring.certificate(code, SIGNER)
        if self._twist == "expired_certificate":
            pem = certificates.to_pem(self._expired(certificates.from_pem(pem)[0]))
        return {"Certificate": pem + "".join(self._ring.chain())}

    def _expired(self, certificate: x509.Certificate) -> x509.Certificate:
        ring = self._ring
        return certificates.make_leaf(
            SIGNER,
            certificates.public_point(certificate),
            issuer=ring.ca,
            issuer_key=ring.ca_key,
            not_before=datetime.now(UTC) - timedelta(days=400),
            days=365,
        )

    def verify(self, call: Call) -> dict[str, Any]:
        """Whether a signature is a certificate holder's."""
        values = call.body["values"]
        holder = x509.Certificate.load(values.octets("Certificate"))
        good = sm2.verify(
            certificates.public_point(holder), values.octets("PlainText"), values.octets("Signature")
        )
        return {"Result": "true" if good else "false"}

    def verify_certificate(self, call: Call) -> dict[str, Any]:
        """Whether a certificate may be relied on, and why not."""
        values = call.body["values"]
        try:
            certificates.check_chain(
                x509.Certificate.load(values.octets("Certificate")),
                roots=[self._ring.root],
                intermediates=[*_chain(values.text("Chain")), self._ring.ca],
                at=values.moment("Time"),
                usage=values.text("Usage"),
            )
        except NotTrusted as error:
            return {"Result": "false", "Reason": str(error)}
        return {"Result": "true", "Reason": ""}

    def timestamp(self, call: Call) -> dict[str, Any]:
        """A token over a digest with this service's moment."""
        at = datetime.now(UTC) + timedelta(hours=1 if self._twist == "clock_skew" else 0)
        body = stamps.body_of(call.body["values"].octets("Digest"), at)
        signed = self._ring.sign("crypto-timestamp", AUTHORITY, body)
        token = stamps.token_of(
            base64.b64decode(signed["signature"]), [signed["certificate"], *signed["chain"]]
        )
        return {"Time": at, "Token": token}


def _chain(pem: str) -> list[x509.Certificate]:
    return certificates.from_pem(pem) if pem else []

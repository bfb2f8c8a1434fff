"""The CA of staff certificates: software keys for trying out, and the revocation list."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.routing import Route

from minfang.kernel.crypto import certificates, revocation, sm2
from minfang.kernel.crypto.certificates import Subject
from minfang.sandbox import keys
from minfang.sandbox.base import Call, Platform, Refused, text_of
from minfang.sandbox.keys import KeyRing
from minfang.sandbox.store import Store

LIST_HOURS = 24
KINDS = ("valid", "expired", "stranger")


class StaffCertificates(Platform):
    """Issues SM2 certificates to demo staff, takes them back, and says which it took back.

    ``kind`` makes certificates nobody should accept: ``expired``, or of a ``stranger`` CA.
    """

    code = "staff_ca"
    name = "工作人员数字证书"
    about = "软证书签发、吊销列表"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._ring = keys.ring(store.folder / "keys")
        self._stranger: KeyRing | None = None

    def routes(self) -> list[Route]:
        return [
            self.post("/staff-ca/soft-key", self.soft_key),
            self.post("/staff-ca/revoke", self.revoke),
            self.post("/staff-ca/crl", self.lists),
        ]

    def soft_key(self, call: Call) -> dict[str, Any]:
        """The software key of an account, made at the first request and kept."""
        call.dataset = "soft_key"
        name, account = text_of(call, "name", 50), text_of(call, "account", 64)
        kind = str(call.body.get("kind", "valid"))
        if kind not in KINDS:
            raise Refused(f"没有这种证书：{kind}")
        held = self.store.get(self.code, "key", f"{kind}:{account}")
        if held is None:
            held = self._issue(name, kind)
            self.store.put(self.code, "key", f"{kind}:{account}", held)
        return {"key": held}

    def _issue(self, name: str, kind: str) -> dict[str, Any]:
        ring = self._other() if kind == "stranger" else self._ring
        pair, now = sm2.generate(), datetime.now(UTC)
        start = now - timedelta(days=400) if kind == "expired" else now - timedelta(days=1)
        certificate = certificates.make_leaf(
            Subject(name, "演示环境"), pair.public, issuer=ring.ca, issuer_key=ring.ca_key, not_before=start
        )
        return {
            "holder": name,
            "certificate": certificates.to_pem(certificate),
            "chain": ring.chain(),
            "private_key": pair.private.hex(),
            "public_key": pair.public.hex(),
        }

    def _other(self) -> KeyRing:
        if self._stranger is None:
            self._stranger = KeyRing(self.store.folder / "keys-of-a-stranger")
        return self._stranger

    def revoke(self, call: Call) -> dict[str, Any]:
        """Take a certificate back."""
        call.dataset = "revoke"
        leaf = certificates.from_pem(text_of(call, "certificate", 8000))[0]
        self.store.put(self.code, "revoked", certificates.serial(leaf), {"serial": str(leaf.serial_number)})
        return {"serial": certificates.serial(leaf)}

    def lists(self, call: Call) -> dict[str, Any]:
        """The present revocation list of the issuing CA."""
        call.dataset = "crl"
        now = datetime.now(UTC)
        serials = [int(row["data"]["serial"]) for row in self.store.records(self.code, "revoked")]
        made = revocation.make(
            self._ring.ca,
            self._ring.ca_key,
            serials,
            this_update=now - timedelta(minutes=5),
            next_update=now + timedelta(hours=LIST_HOURS),
        )
        return {"lists": [base64.b64encode(made).decode()]}

"""The sandbox's certificate authority: one root, one issuing CA, and SM2 keys made when first needed."""

import base64
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from minfang.kernel.crypto import certificates, sm2
from minfang.kernel.crypto.certificates import Subject

ROOT_NAME = Subject("上海民防演示根证书（仅供演示）", "演示环境")
CA_NAME = Subject("演示数字证书认证中心（仅供演示）", "演示环境")
BACKDATED_DAYS = 760
"""The authority has stood for two years, so that the seals of older demonstration cases hold."""
LEAF_DAYS = BACKDATED_DAYS + 730


class KeyRing:
    """Keys and certificates in the sandbox's folder. Nothing here is trusted outside a demonstration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._leaves: dict[str, tuple[sm2.KeyPair, Any]] = {}
        self.root_key, self.root = self._own("root", ROOT_NAME, None)
        self.ca_key, self.ca = self._own("ca", CA_NAME, (self.root_key, self.root))

    def _own(self, file: str, name: Subject, issuer: Any) -> tuple[sm2.KeyPair, Any]:
        """A key with a certificate that may issue others, kept from the first start on."""
        key_file, certificate_file = self.folder / f"{file}.key.pem", self.folder / f"{file}.pem"
        if key_file.exists() and certificate_file.exists():
            pair = certificates.key_from_pem(key_file.read_text())
            return pair, certificates.from_pem(certificate_file.read_text())[0]
        pair, start = sm2.generate(), datetime.now(UTC) - timedelta(days=BACKDATED_DAYS)
        if issuer is None:
            certificate = certificates.make_root(name, pair, not_before=start)
        else:
            certificate = certificates.make(
                name,
                pair.public,
                issuer=issuer[1],
                issuer_key=issuer[0],
                not_before=start,
                days=3000,
                usage={"key_cert_sign", "crl_sign"},
            )
        key_file.write_text(certificates.key_to_pem(pair))
        key_file.chmod(0o600)
        certificate_file.write_text(certificates.to_pem(certificate))
        return pair, certificate

    def _leaf(self, code: str, name: Subject) -> tuple[sm2.KeyPair, Any]:
        if code not in self._leaves:
            key_file, certificate_file = self.folder / f"{code}.key.pem", self.folder / f"{code}.pem"
            if key_file.exists():
                pair = certificates.key_from_pem(key_file.read_text())
                certificate = certificates.from_pem(certificate_file.read_text())[0]
            else:
                pair = sm2.generate()
                certificate = certificates.make_leaf(
                    name,
                    pair.public,
                    issuer=self.ca,
                    issuer_key=self.ca_key,
                    days=LEAF_DAYS,
                    not_before=datetime.now(UTC) - timedelta(days=BACKDATED_DAYS),
                )
                key_file.write_text(certificates.key_to_pem(pair))
                key_file.chmod(0o600)
                certificate_file.write_text(certificates.to_pem(certificate))
            self._leaves[code] = (pair, certificate)
        return self._leaves[code]

    def sign(self, code: str, name: Subject, data: bytes) -> dict[str, Any]:
        """SM2-with-SM3 over ``data`` by the holder ``code``: signature (Base64 DER), certificate, chain."""
        pair, certificate = self._leaf(code, name)
        return {
            "signature": base64.b64encode(sm2.sign(pair, data)).decode(),
            "certificate": certificates.to_pem(certificate),
            "chain": self.chain(),
        }

    def own_key(self, code: str) -> sm2.KeyPair:
        """A key pair of the platform itself, for messages encrypted to it."""
        file = self.folder / f"{code}.own.pem"
        if not file.exists():
            file.write_text(certificates.key_to_pem(sm2.generate()))
            file.chmod(0o600)
        return certificates.key_from_pem(file.read_text())

    def chain(self) -> list[str]:
        """The issuing certificate and the root, PEM."""
        return [certificates.to_pem(self.ca), certificates.to_pem(self.root)]

    def certificate(self, code: str, name: Subject) -> str:
        """The holder's certificate, PEM."""
        return certificates.to_pem(self._leaf(code, name)[1])


@lru_cache(maxsize=4)
def ring(folder: Path) -> KeyRing:
    """The key ring of one sandbox folder."""
    return KeyRing(folder)

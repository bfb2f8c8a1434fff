"""What every adapter does in this process: digests, MACs, encryption with data keys, checking."""

import os
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from asn1crypto import x509
from django.conf import settings

from minfang.kernel.crypto import certificates, local, sm2


@lru_cache(maxsize=4)
def _load_roots(stamps: tuple[tuple[str, int], ...]) -> tuple[x509.Certificate, ...]:
    return tuple(root for name, _ in stamps for root in certificates.from_pem(Path(name).read_bytes()))


def trusted_roots() -> tuple[x509.Certificate, ...]:
    """The roots that certificates are traced to: PEM files of ``CRYPTO_ROOTS`` and ``SEAL_ROOTS``."""
    folders = (Path(settings.CRYPTO_ROOTS), Path(settings.SEAL_ROOTS))
    files = [path for folder in folders for path in folder.glob("*.pem")]
    return _load_roots(tuple(sorted((str(path), path.stat().st_mtime_ns) for path in files)))


class InProcess:
    """The half of the port that never leaves the process."""

    def hash(self, data: bytes) -> bytes:
        """SM3, 32 bytes."""
        return local.sm3(data)

    def hmac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SM3 with the key of a purpose, 32 bytes."""
        return local.hmac_sm3(local.purpose_key(purpose), data)

    def encrypt(self, purpose: str, plain: bytes, place: bytes) -> bytes:
        """SM4-GCM bound to ``place``."""
        return local.seal(purpose, plain, place)

    def decrypt(self, purpose: str, envelope: bytes, place: bytes) -> bytes:
        """Open what ``encrypt`` made for the same place; raises ``local.Tampered``."""
        return local.unseal(purpose, envelope, place)

    def random(self, size: int) -> bytes:
        """Random bytes of the operating system."""
        return os.urandom(size)

    def verify(self, certificate: Any, data: bytes, signature: bytes) -> bool:
        """Whether ``signature`` (DER) is the certificate holder's over ``data``."""
        try:
            return sm2.verify(certificates.public_point(certificate), data, signature)
        except sm2.BadKey:
            return False

    def verify_certificate(
        self, certificate: Any, *, purpose: str, at: datetime, intermediates: Sequence[Any] = ()
    ) -> None:
        """Raise ``certificates.NotTrusted`` unless a chain leads to a trusted root at ``at``."""
        certificates.check_chain(
            certificate, roots=trusted_roots(), intermediates=intermediates, at=at, usage=purpose
        )

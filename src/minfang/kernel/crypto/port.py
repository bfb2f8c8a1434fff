"""The one door to cryptography: what the product asks, whoever answers.

Three adapters stand behind it: the product's own algorithms (``local``), a password service over HTTP in
the manner of GM/T 0136 (``http0136``), and a vendor's interface (``vendor``). ``MINFANG_CRYPTO`` chooses.
Data keys are unwrapped once a process, so that only wrapping, signing, checking signatures and time
stamps ever go out; digests, MACs and encryption of fields stay in this process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings

SERVER_SIGNING = "server-signing"
"""The key reference of the platform's own SM2 signing key (签名验签): audit heads, exports, manifests."""


class CryptoUnavailable(Exception):
    """The password service gave no usable answer; nothing was signed, wrapped or checked."""


class CryptoMisconfigured(Exception):
    """The settings name an adapter that cannot work; the text says what is missing, in Chinese."""


@dataclass(frozen=True)
class TimeStamp:
    """A time-stamp token over a digest: ``at`` (aware), and the token's bytes as kept for evidence."""

    at: datetime
    token: bytes


class CryptoPort(Protocol):
    """Everything asked of cryptography. Bytes in, bytes out; certificates are ``asn1crypto`` objects."""

    name: str

    def hash(self, data: bytes) -> bytes:
        """SM3, 32 bytes."""

    def hmac(self, purpose: str, data: bytes) -> bytes:
        """HMAC-SM3 with the key of a purpose, 32 bytes."""

    def encrypt(self, purpose: str, plain: bytes, place: bytes) -> bytes:
        """SM4-GCM bound to ``place``."""

    def decrypt(self, purpose: str, envelope: bytes, place: bytes) -> bytes:
        """Open what ``encrypt`` made for the same place; raises ``local.Tampered``."""

    def wrap(self, key: bytes) -> bytes:
        """A data key under the master key; raises :class:`CryptoUnavailable`."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key again; raises ``local.Tampered`` or :class:`CryptoUnavailable`."""

    def sign(self, key_ref: str, data: bytes) -> bytes:
        """SM2-with-SM3 signature (DER) by a key that the service keeps; :class:`CryptoUnavailable`."""

    def certificate(self, key_ref: str) -> Any:
        """The certificate (``asn1crypto.x509.Certificate``) that goes with a signing key."""

    def verify(self, certificate: Any, data: bytes, signature: bytes) -> bool:
        """Whether ``signature`` is the certificate holder's over ``data``; says nothing about trust."""

    def verify_certificate(
        self, certificate: Any, *, purpose: str, at: datetime, intermediates: Sequence[Any] = ()
    ) -> None:
        """Raise ``certificates.NotTrusted`` unless the certificate may be relied on at ``at``.

        ``purpose`` is a key usage: ``digital_signature``, ``key_encipherment`` …
        """

    def random(self, size: int) -> bytes:
        """Random bytes fit for keys."""

    def timestamp(self, digest: bytes) -> TimeStamp:
        """A time stamp over an SM3 digest; :class:`CryptoUnavailable`."""

    def verify_timestamp(self, digest: bytes, stamp: TimeStamp) -> bool:
        """Whether the stamp is over this digest, at the moment it names, by the authority we trust."""


@lru_cache(maxsize=1)
def _adapter(kind: str) -> CryptoPort:
    from minfang.kernel.crypto.adapters import build

    return build(kind)


def current() -> CryptoPort:
    """The adapter that ``MINFANG_CRYPTO`` names; raises :class:`CryptoMisconfigured`."""
    return _adapter(getattr(settings, "CRYPTO_ADAPTER", "local"))


def forget() -> None:
    """Build the adapter anew at the next use: after the settings changed."""
    _adapter.cache_clear()

"""Symmetric cryptography of the local provider: SM3, HMAC-SM3 and SM4-GCM.

GB/T 32905 (SM3) and GB/T 32907 (SM4). For development, tests and drills; in production the customer's
password service stands behind the same functions.
"""

import hashlib
import hmac
import os
import time
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings

ENVELOPE_VERSION = 1
NONCE_BYTES = 12
TAG_BYTES = 16
KEEP_SECONDS = 3600
_purpose_keys: dict[tuple[str, int], tuple[bytes, float]] = {}


class Tampered(Exception):
    """A ciphertext does not belong to this place, or was changed."""


class NoKey(Exception):
    """There is no key to work with; the text says what to do, in Chinese."""


def sm3(data: bytes) -> bytes:
    """SM3 digest, 32 bytes."""
    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """HMAC-SM3, 32 bytes."""
    mac = HMAC(key, SM3())
    mac.update(data)
    return mac.finalize()


def constant_time_equal(left: bytes, right: bytes) -> bool:
    """Compare two digests without telling by time where they differ."""
    return hmac.compare_digest(left, right)


@lru_cache(maxsize=1)
def local_master_key() -> bytes:
    """The master key in this machine's file, whatever the adapter."""
    path = Path(settings.MASTER_KEY_FILE)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        key = os.urandom(32)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        return key


def master_key() -> bytes:
    """The root of all derived keys (32 bytes).

    With the local adapter it is the master key, made at the first start and kept in a file only its owner
    reads; with any other it lies in the key table, wrapped by the service.
    """
    if settings.CRYPTO_ADAPTER == "local":
        return local_master_key()
    from minfang.kernel.crypto import keyring

    key = keyring.active("derive")
    if key is None:
        raise NoKey("密钥表中没有派生根密钥：请先运行 minfang manage migrate，或 minfang crypto rewrap。")
    return key.secret


def purpose_key(purpose: str, size: int = 32) -> bytes:
    """A key for one purpose (``index``, ``audit``, ``row`` …) derived from the master key."""
    kept = _purpose_keys.get((purpose, size))
    if kept is None or kept[1] <= time.monotonic():
        key = hashlib.pbkdf2_hmac("sha256", master_key(), f"minfang/{purpose}".encode(), 1, size)
        kept = _purpose_keys[(purpose, size)] = (key, time.monotonic() + KEEP_SECONDS)
    return kept[0]


def forget_purpose_keys() -> None:
    """Derive every key anew at its next use."""
    _purpose_keys.clear()


def seal_with(key: bytes, plain: bytes, place: bytes) -> bytes:
    """SM4-GCM under a key at hand, bound to ``place``: version byte 1, nonce, ciphertext, tag."""
    nonce = os.urandom(NONCE_BYTES)
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(place)
    body = encryptor.update(plain) + encryptor.finalize()
    return bytes([ENVELOPE_VERSION]) + nonce + body + encryptor.tag


def unseal_with(key: bytes, envelope: bytes, place: bytes) -> bytes:
    """Open what ``seal_with`` made with this key for the same place; raises :class:`Tampered`."""
    if len(envelope) < 1 + NONCE_BYTES + TAG_BYTES or envelope[0] != ENVELOPE_VERSION:
        raise Tampered("unknown envelope")
    nonce = envelope[1 : 1 + NONCE_BYTES]
    body, tag = envelope[1 + NONCE_BYTES : -TAG_BYTES], envelope[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(place)
    try:
        return decryptor.update(body) + decryptor.finalize()
    except Exception as error:
        raise Tampered("ciphertext changed or moved") from error


def seal(purpose: str, plain: bytes, place: bytes) -> bytes:
    """SM4-GCM encrypt ``plain`` bound to ``place`` under the active key of a purpose."""
    from minfang.kernel.crypto import envelope

    return envelope.seal(purpose, plain, place)


def unseal(purpose: str, sealed: bytes, place: bytes) -> bytes:
    """Open what ``seal`` made for the same place; raises :class:`Tampered` for anything else."""
    from minfang.kernel.crypto import envelope

    return envelope.unseal(purpose, sealed, place)

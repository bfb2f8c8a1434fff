"""A key of its own for each stored thing (B.61): whoever deletes the key has deleted the thing.

The key is kept wrapped under the active key of a purpose in the thing's row, its bytes lie elsewhere. Once
the row is gone, a copy of the bytes - on worn disk blocks, on a backup of the disk - opens no more.
Rotating the purpose's key only wraps these keys anew.

Format 3: ``03 | nonce 12 | ciphertext | tag 16`` (SM4-GCM that binds the place as additional data).
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from minfang.kernel.crypto import envelope, local

VERSION = b"\x03"
KEY_BYTES = 16
NONCE_END = len(VERSION) + local.NONCE_BYTES
SHORTEST = NONCE_END + local.TAG_BYTES


class OwnKey:
    """The unwrapped key of one thing."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = algorithms.SM4(secret)

    def __repr__(self) -> str:
        return "OwnKey()"

    def seal(self, plain: bytes, place: bytes) -> bytes:
        """Encrypt bound to ``place``."""
        nonce = os.urandom(local.NONCE_BYTES)
        encryptor = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(place)
        body = encryptor.update(plain)
        encryptor.finalize()
        return b"".join((VERSION, nonce, body, encryptor.tag))

    def unseal(self, sealed: bytes, place: bytes) -> bytes:
        """Open what :meth:`seal` made for the same place; raises ``local.Tampered`` for anything else."""
        if not is_own(sealed) or len(sealed) < SHORTEST:
            raise local.Tampered("unknown envelope")
        mode = modes.GCM(sealed[len(VERSION) : NONCE_END], sealed[-local.TAG_BYTES :])
        decryptor = Cipher(self._cipher, mode).decryptor()
        decryptor.authenticate_additional_data(place)
        try:
            return decryptor.update(memoryview(sealed)[NONCE_END : -local.TAG_BYTES]) + decryptor.finalize()
        except InvalidTag as error:
            raise local.Tampered("ciphertext changed or moved") from error


def is_own(sealed: bytes) -> bool:
    """Whether something was sealed with a key of its own."""
    return sealed[:1] == VERSION


def make(purpose: str, place: str) -> bytes:
    """A new key, wrapped under the purpose's active key and bound to the thing it is for."""
    return envelope.seal(purpose, os.urandom(KEY_BYTES), _place(place))


def unwrap(purpose: str, wrapped: bytes, place: str) -> OwnKey:
    """The key again; raises ``local.Tampered`` when it was changed, moved or its wrapping key destroyed."""
    return OwnKey(envelope.unseal(purpose, wrapped, _place(place)))


def rewrap(purpose: str, wrapped: bytes, place: str) -> bytes:
    """The same key under the purpose's active key."""
    return envelope.seal(purpose, envelope.unseal(purpose, wrapped, _place(place)), _place(place))


def _place(place: str) -> bytes:
    return f"own-key|{place}".encode()

"""Sealed values as they are stored.

Format 1: ``01 | nonce 12 | ciphertext | tag 16`` under the key derived for the purpose.
Format 2: ``02 | key number 4 | nonce 12 | ciphertext | tag 16`` under a key of the table.
Both are SM4-GCM and bind the place as additional data.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from minfang.kernel.crypto import keyring, local

TABLE_KEY = 2
HEAD = 5
NONCE_END = HEAD + local.NONCE_BYTES
SHORTEST = NONCE_END + local.TAG_BYTES


def seal(purpose: str, plain: bytes, place: bytes) -> bytes:
    """Encrypt under the purpose's active key, bound to ``place``."""
    key = keyring.active(purpose)
    if key is None or key.cipher is None:
        return local.seal_with(local.purpose_key(purpose, 16), plain, place)
    nonce = os.urandom(local.NONCE_BYTES)
    encryptor = Cipher(key.cipher, modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(place)
    body = encryptor.update(plain)
    encryptor.finalize()
    return b"\x02" + key.number.to_bytes(4, "big") + nonce + body + encryptor.tag


def unseal(purpose: str, envelope: bytes, place: bytes) -> bytes:
    """Open what ``seal`` made for the same place; raises ``local.Tampered`` for anything else."""
    if envelope[:1] != b"\x02":
        return local.unseal_with(local.purpose_key(purpose, 16), envelope, place)
    if len(envelope) < SHORTEST:
        raise local.Tampered("unknown envelope")
    key = keyring.numbered(int.from_bytes(envelope[1:HEAD], "big"), purpose)
    if key.cipher is None:
        raise local.Tampered("not an encryption key")
    mode = modes.GCM(envelope[HEAD:NONCE_END], envelope[-local.TAG_BYTES :])
    decryptor = Cipher(key.cipher, mode).decryptor()
    decryptor.authenticate_additional_data(place)
    try:
        return decryptor.update(envelope[NONCE_END : -local.TAG_BYTES]) + decryptor.finalize()
    except InvalidTag as error:
        raise local.Tampered("ciphertext changed or moved") from error


def key_number(envelope: bytes) -> int:
    """The number of the key an envelope was made with; 0 for the derived key of format 1."""
    return int.from_bytes(envelope[1:HEAD], "big") if envelope[:1] == b"\x02" else 0


def is_current(purpose: str, envelope: bytes) -> bool:
    """Whether the envelope was made with the key that is active now."""
    key = keyring.active(purpose)
    return key_number(envelope) == (key.number if key else 0)

"""SM2 public-key encryption (GB/T 32918.4) over the system's OpenSSL; ciphertexts are DER (GM/T 0009).

For messages to platforms that publish an SM2 key. Data at rest use SM4-GCM, see ``local``.
"""

import ctypes

from minfang.kernel.crypto import sm2
from minfang.kernel.crypto.local import Tampered
from minfang.kernel.crypto.openssl import drain_errors, libcrypto


class _Failed(Exception):
    """OpenSSL's own words for what went wrong."""


def _transform(key: sm2.LoadedKey, operation: str, data: bytes) -> bytes:
    """Run one of OpenSSL's two-step operations: ask for the room needed, then do it."""
    library = libcrypto()
    begin = getattr(library, f"EVP_PKEY_{operation}_init")
    work = getattr(library, f"EVP_PKEY_{operation}")
    context = library.EVP_PKEY_CTX_new(key.pointer, None)
    try:
        room = ctypes.c_size_t(0)
        if begin(context) != 1 or work(context, None, ctypes.byref(room), data, len(data)) != 1:
            raise _Failed(drain_errors())
        buffer = ctypes.create_string_buffer(room.value)
        if work(context, buffer, ctypes.byref(room), data, len(data)) != 1:
            raise _Failed(drain_errors())
        return buffer.raw[: room.value]
    finally:
        library.EVP_PKEY_CTX_free(context)


def encrypt(public: bytes, plain: bytes) -> bytes:
    """``plain`` for the holder of the private key only; no two results are equal."""
    return _transform(sm2.load_public(public), "encrypt", plain)


def decrypt(pair: sm2.KeyPair, ciphertext: bytes) -> bytes:
    """The plain text; raises :class:`Tampered` when it is not for this key or was changed."""
    try:
        return _transform(sm2.load_private(pair), "decrypt", ciphertext)
    except _Failed as error:
        raise Tampered(str(error)) from error

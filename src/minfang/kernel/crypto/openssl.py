"""The system's OpenSSL 3 by ctypes: found once, checked for its version, and given its C prototypes.

``SM2_LIBCRYPTO`` names the library where the system's own is older than 3.0 (UOS 20, Kylin V10).
"""

import ctypes
import ctypes.util
import os
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_int, c_long, c_size_t, c_ubyte, c_ulong, c_void_p
from functools import lru_cache

MINIMUM_VERSION = 3
KNOWN_NAMES = ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib", "libcrypto-3-x64.dll", "libcrypto.so")

_Bytes = POINTER(c_ubyte)
_PROTOTYPES: dict[str, tuple[type | None, list[type]]] = {
    "EVP_PKEY_CTX_new_from_name": (c_void_p, [c_void_p, c_char_p, c_char_p]),
    "EVP_PKEY_CTX_new": (c_void_p, [c_void_p, c_void_p]),
    "EVP_PKEY_CTX_free": (None, [c_void_p]),
    "EVP_PKEY_CTX_set1_id": (c_int, [c_void_p, c_char_p, c_int]),
    "EVP_PKEY_keygen_init": (c_int, [c_void_p]),
    "EVP_PKEY_generate": (c_int, [c_void_p, POINTER(c_void_p)]),
    "EVP_PKEY_public_check": (c_int, [c_void_p]),
    "EVP_PKEY_encrypt_init": (c_int, [c_void_p]),
    "EVP_PKEY_encrypt": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_PKEY_decrypt_init": (c_int, [c_void_p]),
    "EVP_PKEY_decrypt": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_PKEY_free": (None, [c_void_p]),
    "EVP_MD_CTX_new": (c_void_p, []),
    "EVP_MD_CTX_free": (None, [c_void_p]),
    "EVP_MD_CTX_set_pkey_ctx": (None, [c_void_p, c_void_p]),
    "EVP_sm3": (c_void_p, []),
    "EVP_DigestSignInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestSign": (c_int, [c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t]),
    "EVP_DigestVerifyInit": (c_int, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p]),
    "EVP_DigestVerify": (c_int, [c_void_p, c_char_p, c_size_t, c_char_p, c_size_t]),
    "d2i_AutoPrivateKey": (c_void_p, [c_void_p, POINTER(c_char_p), c_long]),
    "d2i_PUBKEY": (c_void_p, [c_void_p, POINTER(c_char_p), c_long]),
    "i2d_PUBKEY": (c_int, [c_void_p, POINTER(_Bytes)]),
    "i2d_PrivateKey": (c_int, [c_void_p, POINTER(_Bytes)]),
    "ERR_get_error": (c_ulong, []),
    "ERR_error_string_n": (None, [c_ulong, c_char_p, c_size_t]),
}


class NoLibcrypto(RuntimeError):
    """No OpenSSL ≥ 3.0 with SM2 can be loaded: signing and seal checks are impossible."""


def _candidates() -> Iterator[str]:
    named = os.environ.get("SM2_LIBCRYPTO", "")
    if named:
        yield named
        return
    yield from KNOWN_NAMES
    found = ctypes.util.find_library("crypto")
    if found:
        yield found


def _usable(name: str) -> tuple[ctypes.CDLL | None, str]:
    try:
        library = ctypes.CDLL(name)
        major = library.OPENSSL_version_major
    except OSError as error:
        return None, f"{name}: {error}"
    except AttributeError:
        return None, f"{name}: older than OpenSSL 3.0"
    if major() < MINIMUM_VERSION:
        return None, f"{name}: OpenSSL {major()}"
    return library, ""


@lru_cache(maxsize=1)
def libcrypto() -> ctypes.CDLL:
    """The loaded library; raises :class:`NoLibcrypto` naming every place that was tried and why it failed."""
    reasons = []
    for name in _candidates():
        library, reason = _usable(name)
        if library is not None:
            for function, (result, arguments) in _PROTOTYPES.items():
                entry = getattr(library, function)
                entry.restype, entry.argtypes = result, arguments
            return library
        reasons.append(reason)
    raise NoLibcrypto(
        "SM2 needs OpenSSL 3.0 or newer; set SM2_LIBCRYPTO to its libcrypto. Tried " + "; ".join(reasons)
    )


def drain_errors() -> str:
    """Empty this thread's OpenSSL error queue and return its text."""
    library, texts = libcrypto(), []
    while code := library.ERR_get_error():
        buffer = ctypes.create_string_buffer(256)
        library.ERR_error_string_n(code, buffer, len(buffer))
        texts.append(buffer.value.decode(errors="replace"))
    return "; ".join(texts)

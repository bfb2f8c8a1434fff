"""SM2 signatures with SM3 (GB/T 32918.2, .5) over the system's OpenSSL.

Private keys are 32-byte integers, public keys uncompressed points of 65 bytes (04‖x‖y), signatures the
DER sequence of r and s as CMS and X.509 carry them.
"""

import ctypes
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import core, keys

from minfang.kernel.crypto.openssl import drain_errors, libcrypto

DEFAULT_ID = b"1234567812345678"
CURVE = "sm2p256v1"
CURVE_OID = "1.2.156.10197.1.301"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
MAX_SIGNATURE_BYTES = 80
POINT_BYTES = 65

keys.NamedCurve.register(CURVE, CURVE_OID, 32)


class BadKey(ValueError):
    """Bytes that are no SM2 key: wrong length, not on the curve, or out of range."""


class SignatureValue(core.Sequence):
    """SM2 signature, GB/T 35276: two integers r and s."""

    _fields = [("r", core.Integer), ("s", core.Integer)]


@dataclass(frozen=True)
class KeyPair:
    """An SM2 key pair; ``private`` never leaves the machine that made it."""

    private: bytes
    public: bytes

    def __repr__(self) -> str:
        return f"KeyPair(public={self.public.hex()})"


def _algorithm() -> keys.PublicKeyAlgorithm:
    return keys.PublicKeyAlgorithm(
        {"algorithm": "ec", "parameters": keys.ECDomainParameters(name="named", value=CURVE)}
    )


def public_key_info(public: bytes) -> keys.PublicKeyInfo:
    """The X.509 SubjectPublicKeyInfo of a public point."""
    return keys.PublicKeyInfo({"algorithm": _algorithm(), "public_key": keys.ECPointBitString(public)})


def public_point(info: keys.PublicKeyInfo) -> bytes:
    """The public point of a SubjectPublicKeyInfo; raises :class:`BadKey` unless it is an SM2 key."""
    algorithm = info["algorithm"]
    if algorithm["algorithm"].native != "ec" or algorithm["parameters"].native not in (CURVE, CURVE_OID):
        raise BadKey("not an SM2 public key")
    return bytes(info["public_key"].native)


def private_key_info(pair: KeyPair) -> keys.PrivateKeyInfo:
    """The PKCS #8 form of a key pair."""
    inner = keys.ECPrivateKey(
        {
            "version": 1,
            "private_key": int.from_bytes(pair.private, "big"),
            "public_key": keys.ECPointBitString(pair.public),
        }
    )
    inner["private_key"].set_encoded_width(32)
    return keys.PrivateKeyInfo(
        {
            "version": 0,
            "private_key_algorithm": keys.PrivateKeyAlgorithm(
                {"algorithm": "ec", "parameters": keys.ECDomainParameters(name="named", value=CURVE)}
            ),
            "private_key": inner,
        }
    )


def _check(result: int, what: str) -> None:
    if result != 1:
        raise RuntimeError(f"{what}: {drain_errors()}")


def _dump(pkey: int, function: str) -> bytes:
    library, out = libcrypto(), ctypes.POINTER(ctypes.c_ubyte)()
    length = getattr(library, function)(pkey, None)
    buffer = (ctypes.c_ubyte * length)()
    out = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ubyte))
    getattr(library, function)(pkey, ctypes.byref(out))
    return bytes(buffer)


class LoadedKey:
    """An OpenSSL key kept for as long as Python holds it."""

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer
        self._free = libcrypto().EVP_PKEY_free

    def __del__(self) -> None:
        self._free(self.pointer)


def _load(der: bytes, function: str) -> LoadedKey:
    source = ctypes.c_char_p(der)
    pointer = getattr(libcrypto(), function)(None, ctypes.byref(source), len(der))
    if not pointer:
        raise BadKey(drain_errors() or "not a key")
    return LoadedKey(pointer)


@lru_cache(maxsize=64)
def load_public(public: bytes) -> LoadedKey:
    """The OpenSSL key of a public point; raises :class:`BadKey` for bytes that are no point of the curve."""
    if len(public) != POINT_BYTES or public[0] != 4:
        raise BadKey("an SM2 public key has 65 bytes and begins with 04")
    key = _load(public_key_info(public).dump(), "d2i_PUBKEY")
    _check_point(key)
    return key


def _check_point(key: LoadedKey) -> None:
    library = libcrypto()
    context = library.EVP_PKEY_CTX_new(key.pointer, None)
    try:
        if library.EVP_PKEY_public_check(context) != 1:
            raise BadKey(drain_errors() or "not a point of the curve")
    finally:
        library.EVP_PKEY_CTX_free(context)


@lru_cache(maxsize=16)
def load_private(pair: KeyPair) -> LoadedKey:
    """The OpenSSL key of a private number; raises :class:`BadKey` when it is out of range."""
    number = int.from_bytes(pair.private, "big")
    if len(pair.private) != 32 or not 0 < number < ORDER - 1:
        raise BadKey("an SM2 private key is a number between 1 and n-2")
    return _load(private_key_info(pair).dump(), "d2i_AutoPrivateKey")


@contextmanager
def _digest_context(pkey: int, distinguishing_id: bytes) -> Iterator[int]:
    """An EVP_MD_CTX whose SM2 context carries the signer's distinguishing id (the Z value depends on it)."""
    library = libcrypto()
    context, digest = library.EVP_PKEY_CTX_new(pkey, None), library.EVP_MD_CTX_new()
    try:
        _check(library.EVP_PKEY_CTX_set1_id(context, distinguishing_id, len(distinguishing_id)), "SM2 id")
        library.EVP_MD_CTX_set_pkey_ctx(digest, context)
        yield digest
    finally:
        library.EVP_MD_CTX_free(digest)
        library.EVP_PKEY_CTX_free(context)


def generate() -> KeyPair:
    """A fresh key pair from OpenSSL's random generator."""
    library, pkey = libcrypto(), ctypes.c_void_p()
    context = library.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
    try:
        _check(library.EVP_PKEY_keygen_init(context), "SM2 key generation")
        _check(library.EVP_PKEY_generate(context, ctypes.byref(pkey)), "SM2 key generation")
    finally:
        library.EVP_PKEY_CTX_free(context)
    key = LoadedKey(pkey.value or 0)
    public = keys.PublicKeyInfo.load(_dump(key.pointer, "i2d_PUBKEY"))
    private = keys.ECPrivateKey.load(_dump(key.pointer, "i2d_PrivateKey"))
    return KeyPair(int(private["private_key"].native).to_bytes(32, "big"), bytes(public["public_key"].native))


def sign(pair: KeyPair, data: bytes, distinguishing_id: bytes = DEFAULT_ID) -> bytes:
    """SM2-with-SM3 signature of ``data`` (DER); raises :class:`BadKey` for a key that is none."""
    library, key = libcrypto(), load_private(pair)
    with _digest_context(key.pointer, distinguishing_id) as digest:
        _check(library.EVP_DigestSignInit(digest, None, library.EVP_sm3(), None, key.pointer), "SM2 sign")
        buffer = ctypes.create_string_buffer(MAX_SIGNATURE_BYTES)
        length = ctypes.c_size_t(MAX_SIGNATURE_BYTES)
        _check(
            library.EVP_DigestSign(digest, buffer, ctypes.byref(length), data, len(data)),
            "SM2 sign",
        )
        return buffer.raw[: length.value]


def encode_signature(r: int, s: int) -> bytes:
    """The DER form of a signature given as two numbers."""
    return SignatureValue({"r": r, "s": s}).dump()


def is_well_formed(signature: bytes) -> bool:
    """Whether the bytes are exactly one DER sequence of r and s, both in [1, n-1]."""
    try:
        value = SignatureValue.load(signature, strict=True)
        r, s = int(value["r"].native), int(value["s"].native)
    except (ValueError, TypeError):
        return False
    canonical = encode_signature(r, s)
    return 0 < r < ORDER and 0 < s < ORDER and hmac.compare_digest(canonical, signature)


def verify(public: bytes, data: bytes, signature: bytes, distinguishing_id: bytes = DEFAULT_ID) -> bool:
    """Whether ``signature`` is this key's over ``data``; malformed signatures and keys are not valid."""
    if not is_well_formed(signature):
        return False
    try:
        key = load_public(public)
    except BadKey:
        return False
    library = libcrypto()
    with _digest_context(key.pointer, distinguishing_id) as digest:
        _check(library.EVP_DigestVerifyInit(digest, None, library.EVP_sm3(), None, key.pointer), "SM2 verify")
        result = library.EVP_DigestVerify(digest, signature, len(signature), data, len(data))
        drain_errors()
        return result == 1

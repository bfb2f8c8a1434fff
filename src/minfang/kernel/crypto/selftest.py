"""Known answers of the algorithms, checked before they are relied on.

The values are those printed in GB/T 32905 (SM3), GM/T 0042 (HMAC-SM3), GB/T 32907 (SM4), RFC 8998
(SM4-GCM) and GB/T 32918.5 (SM2 signature, recommended curve). PBKDF2 is compared with its definition.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from minfang.kernel.crypto import local, sm2

SM3_ABC = bytes.fromhex("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
SM3_ABCD16 = bytes.fromhex("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732")
SM4_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
SM4_BLOCK = bytes.fromhex("681edf34d206965e86b3e94f536e4246")
SM4_MILLION = bytes.fromhex("595298c7c6fd271f0402f804c33d3f66")
HMAC_KEY = bytes(range(1, 33))
HMAC_DATA = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2
HMAC_VALUE = bytes.fromhex("ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a")
LONG_KEY, LONG_DATA = bytes(range(1, 38)), b"\xcd" * 50
LONG_VALUE = bytes.fromhex("220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae")
GCM_NONCE = bytes.fromhex("00001234567800000000abcd")
GCM_AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
GCM_PLAIN = b"".join(bytes([value]) * 8 for value in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
GCM_CIPHER = bytes.fromhex(
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
)
GCM_TAG = bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec")
SM2_PRIVATE = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
SM2_PUBLIC = bytes.fromhex(
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SM2_MESSAGE = b"message digest"
SM2_R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
SM2_S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA


@dataclass(frozen=True)
class Check:
    """One known answer: what was checked, whether it came out right, and what went wrong if not."""

    name: str
    passed: bool
    detail: str = ""


def _sm3() -> bool:
    return local.sm3(b"abc") == SM3_ABC and local.sm3(b"abcd" * 16) == SM3_ABCD16


def _hmac_sm3() -> bool:
    long = local.hmac_sm3(LONG_KEY, LONG_DATA) == LONG_VALUE
    return long and local.hmac_sm3(HMAC_KEY, HMAC_DATA) == HMAC_VALUE


def _pbkdf2_sm3() -> bool:
    """One block of two rounds is U1 xor U2 (RFC 8018, 5.2), both HMAC-SM3."""
    password, salt = b"password", b"salt"
    first = local.hmac_sm3(password, salt + b"\0\0\0\1")
    second = local.hmac_sm3(password, first)
    wanted = bytes(a ^ b for a, b in zip(first, second, strict=True))
    return hashlib.pbkdf2_hmac("sm3", password, salt, 2, 32) == wanted


def _sm4_million() -> bool:
    encryptor = Cipher(algorithms.SM4(SM4_KEY), modes.ECB()).encryptor()  # noqa: S305 - the standard's vector
    block = SM4_KEY
    for _ in range(1_000_000):
        block = encryptor.update(block)
    return block == SM4_MILLION


def _sm4_block() -> bool:
    encryptor = Cipher(algorithms.SM4(SM4_KEY), modes.ECB()).encryptor()  # noqa: S305 - the standard's vector
    return encryptor.update(SM4_KEY) == SM4_BLOCK


def _sm4_gcm() -> bool:
    encryptor = Cipher(algorithms.SM4(SM4_KEY), modes.GCM(GCM_NONCE)).encryptor()
    encryptor.authenticate_additional_data(GCM_AAD)
    body = encryptor.update(GCM_PLAIN) + encryptor.finalize()
    return body == GCM_CIPHER and encryptor.tag == GCM_TAG


def _sm2_verify() -> bool:
    signature = sm2.encode_signature(SM2_R, SM2_S)
    altered = sm2.encode_signature(SM2_R, SM2_S ^ 1)
    return (
        sm2.verify(SM2_PUBLIC, SM2_MESSAGE, signature)
        and not sm2.verify(SM2_PUBLIC, SM2_MESSAGE + b".", signature)
        and not sm2.verify(SM2_PUBLIC, SM2_MESSAGE, altered)
    )


def _sm2_sign() -> bool:
    pair = sm2.KeyPair(SM2_PRIVATE, SM2_PUBLIC)
    return sm2.verify(SM2_PUBLIC, SM2_MESSAGE, sm2.sign(pair, SM2_MESSAGE))


CHECKS: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("SM3 GB/T 32905", _sm3),
    ("HMAC-SM3 GM/T 0042", _hmac_sm3),
    ("PBKDF2-SM3 RFC 8018", _pbkdf2_sm3),
    ("SM4 GB/T 32907", _sm4_block),
    ("SM4-GCM RFC 8998", _sm4_gcm),
    ("SM2 verify GB/T 32918.5", _sm2_verify),
    ("SM2 sign and verify", _sm2_sign),
)


LONG_CHECKS = (("SM4 GB/T 32907, 1 000 000 rounds", _sm4_million),)


def selftest(*, long: bool = False) -> list[Check]:
    """Run every known answer; a check that raises has failed, with its reason."""
    results = []
    for name, check in (*CHECKS, *(LONG_CHECKS if long else ())):
        try:
            results.append(Check(name, check()))
        except Exception as error:
            results.append(Check(name, False, str(error)))
    return results

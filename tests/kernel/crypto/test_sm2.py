"""SM2 over the system's OpenSSL: published answers, a second implementation, and what must be refused."""

import os

import gmssl_pyx
import pytest

from minfang.kernel.crypto import local, openssl, selftest, sm2

PRIME = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF


def test_every_published_known_answer_comes_out() -> None:
    assert [check for check in selftest.selftest() if not check.passed] == []
    assert len(selftest.selftest(long=True)) == 8


def test_a_wrong_known_answer_is_reported_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest, "SM3_ABC", b"\0" * 32)
    assert [c.name for c in selftest.selftest() if not c.passed] == ["SM3 GB/T 32905"]


def test_signing_and_verifying_agree_with_a_second_implementation() -> None:
    for size in range(1, 40):
        pair, message = sm2.generate(), os.urandom(size * 7)
        bare_point = pair.public[1:]
        assert gmssl_pyx.sm2_verify(bare_point, message, sm2.sign(pair, message))
        theirs = gmssl_pyx.sm2_sign(pair.private, bare_point, message)
        assert sm2.verify(pair.public, message, theirs)


def test_digests_agree_with_a_second_implementation() -> None:
    for size in (0, 1, 55, 56, 63, 64, 65, 1000):
        message = os.urandom(size)
        assert gmssl_pyx.sm3_hash(message) == local.sm3(message)
        key = os.urandom(32)
        assert gmssl_pyx.sm3_hmac(key, message) == local.hmac_sm3(key, message)


def test_the_distinguishing_id_is_part_of_what_is_signed() -> None:
    pair = sm2.generate()
    signature = sm2.sign(pair, b"text", b"ALICE123@YAHOO.COM")
    assert sm2.verify(pair.public, b"text", signature, b"ALICE123@YAHOO.COM")
    assert not sm2.verify(pair.public, b"text", signature)


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 1), (1, 0), (sm2.ORDER, 1), (1, sm2.ORDER), (sm2.ORDER + 5, 7), (-1, 1), (2**300, 1)],
)
def test_numbers_outside_the_group_are_no_signature(r: int, s: int) -> None:
    assert not sm2.verify(selftest.SM2_PUBLIC, b"x", sm2.encode_signature(r, s))


@pytest.mark.parametrize("signature", [b"", b"\x30", b"\x30\x00", b"\x00" * 64, b"\xff" * 72])
def test_malformed_signatures_are_false_never_a_crash(signature: bytes) -> None:
    assert not sm2.verify(selftest.SM2_PUBLIC, b"x", signature)


def test_bytes_after_the_signature_are_refused() -> None:
    pair = sm2.generate()
    assert not sm2.verify(pair.public, b"x", sm2.sign(pair, b"x") + b"\0")


def test_points_off_the_curve_and_wrong_lengths_are_refused() -> None:
    signature = sm2.encode_signature(selftest.SM2_R, selftest.SM2_S)
    x, y = selftest.SM2_PUBLIC[1:33], selftest.SM2_PUBLIC[33:]
    too_big = b"\x04" + (int.from_bytes(x, "big") + PRIME).to_bytes(33, "big")[-32:] + y
    moved = b"\x04" + x + y[:-1] + bytes([y[-1] ^ 1])
    for public in (moved, too_big, b"\x04" + b"\0" * 64, b"\x00", selftest.SM2_PUBLIC[1:], b""):
        assert not sm2.verify(public, selftest.SM2_MESSAGE, signature)


@pytest.mark.parametrize("number", [0, sm2.ORDER - 1, sm2.ORDER])
def test_private_numbers_out_of_range_cannot_sign(number: int) -> None:
    with pytest.raises(sm2.BadKey):
        sm2.sign(sm2.KeyPair(number.to_bytes(32, "big"), selftest.SM2_PUBLIC), b"x")


def test_a_key_pair_does_not_print_its_private_half() -> None:
    pair = sm2.generate()
    assert pair.private.hex() not in repr(pair)


def test_a_missing_library_is_said_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SM2_LIBCRYPTO", "/nowhere/libcrypto.so.3")
    openssl.libcrypto.cache_clear()
    with pytest.raises(openssl.NoLibcrypto, match=r"OpenSSL 3\.0.*SM2_LIBCRYPTO.*/nowhere"):
        openssl.libcrypto()
    openssl.libcrypto.cache_clear()


def test_an_older_library_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SM2_LIBCRYPTO", "libc.so.6")
    openssl.libcrypto.cache_clear()
    with pytest.raises(openssl.NoLibcrypto, match=r"older than OpenSSL 3\.0"):
        openssl.libcrypto()
    openssl.libcrypto.cache_clear()

"""Messages encrypted to a platform's key are for it alone, and for any implementation of SM2."""

import gmssl_pyx
import pytest
from asn1crypto import core
from hypothesis import given, settings
from hypothesis import strategies as st

from minfang.kernel.crypto import sm2, sm2_envelope
from minfang.kernel.crypto.local import Tampered

PAIR = sm2.generate()


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=3000))
def test_what_is_encrypted_comes_back(plain: bytes) -> None:
    assert sm2_envelope.decrypt(PAIR, sm2_envelope.encrypt(PAIR.public, plain)) == plain


def test_no_two_ciphertexts_are_equal() -> None:
    assert sm2_envelope.encrypt(PAIR.public, b"x") != sm2_envelope.encrypt(PAIR.public, b"x")


def test_changed_foreign_and_senseless_ciphertexts_are_refused() -> None:
    good = sm2_envelope.encrypt(PAIR.public, b"text")
    foreign = sm2_envelope.encrypt(sm2.generate().public, b"text")
    changed = good[:-1] + bytes([good[-1] ^ 1])
    for bad in (changed, foreign, good[:-1], b"", b"\x30\x00", b"abc"):
        with pytest.raises(Tampered):
            sm2_envelope.decrypt(PAIR, bad)


def test_another_implementation_reads_and_writes_the_same() -> None:
    ours = sm2_envelope.encrypt(PAIR.public, "办件".encode())
    assert bytes(gmssl_pyx.sm2_decrypt(PAIR.private, ours)) == "办件".encode()
    theirs = bytes(gmssl_pyx.sm2_encrypt(PAIR.public[1:], b"answer"))
    assert isinstance(core.Asn1Value.load(theirs), core.Sequence)
    assert sm2_envelope.decrypt(PAIR, theirs) == b"answer"

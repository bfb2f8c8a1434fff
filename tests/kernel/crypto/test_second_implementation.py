"""SM3, HMAC-SM3 and SM4-GCM against a second implementation, over whatever Hypothesis thinks of."""

import gmssl_pyx
from hypothesis import given, settings
from hypothesis import strategies as some

from minfang.kernel.crypto import local

KEYS = some.binary(min_size=16, max_size=16)


@settings(max_examples=200, deadline=None)
@given(some.binary(max_size=300), some.binary(min_size=1, max_size=100))
def test_digests_and_macs_agree(message: bytes, key: bytes) -> None:
    assert gmssl_pyx.sm3_hash(message) == local.sm3(message)
    padded = key.ljust(16, b"\1")
    assert gmssl_pyx.sm3_hmac(padded, message) == local.hmac_sm3(padded, message)


@settings(max_examples=200, deadline=None)
@given(KEYS, some.binary(min_size=1, max_size=300), some.binary(min_size=1, max_size=60))
def test_what_one_seals_the_other_opens(key: bytes, plain: bytes, place: bytes) -> None:
    envelope = local.seal_with(key, plain, place)
    nonce, body, tag = envelope[1:13], envelope[13:-16], envelope[-16:]
    assert gmssl_pyx.sm4_gcm_decrypt(key, nonce, place, body, tag) == plain
    theirs, their_tag = gmssl_pyx.sm4_gcm_encrypt(key, nonce, place, plain)
    assert (theirs, their_tag) == (body, tag)

"""Proof of where an incoming message comes from, good for one use within a short time (handbook B.54)."""

import hmac
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto.local import hmac_sm3
from minfang.kernel.exchange.models import InboundNonce

WINDOW = timedelta(minutes=5)


def signed_bytes(timestamp: str, nonce: str, body: bytes) -> bytes:
    """What the signature covers: seconds since 1970, the number used once, and the body."""
    return f"{timestamp}\n{nonce}\n".encode() + body


@transaction.atomic
def prove_once(source: str, body: bytes, *, timestamp: str, nonce: str, signature: str, key: bytes) -> None:
    """Refuse with 403 a message whose HMAC-SM3 is wrong, that is older or newer than five minutes, or whose
    nonce was used before.
    """
    expected = hmac_sm3(key, signed_bytes(timestamp, nonce, body)).hex()
    if not nonce or len(nonce) > 64 or not hmac.compare_digest(expected.encode(), signature.encode()):
        raise Refusal("CALLBACK_UNPROVEN", "回执签名不对，未予接收。", status=403)
    now = clock.now()
    plain = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11
    sent = datetime.fromtimestamp(int(timestamp), UTC) if plain else None
    if sent is None or abs(now - sent) > WINDOW:
        raise Refusal(
            "CALLBACK_LATE", "回执的时间戳不在允许范围内，未予接收。", "请校准时钟后重发。", status=403
        )
    InboundNonce.objects.filter(at__lt=now - 4 * WINDOW).delete()
    try:
        with transaction.atomic():
            InboundNonce.objects.create(source=source, nonce=nonce, at=now)
    except IntegrityError:
        raise Refusal("CALLBACK_REPLAYED", "回执已接收过，重放未予接收。", status=403) from None

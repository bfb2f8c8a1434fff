"""Time-based one-time passwords, RFC 6238: six digits, 30 seconds, HMAC-SHA-1 as code generators have it."""

import base64
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

from minfang.kernel.base import clock

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
DRIFT_STEPS = 1
ISSUER = "民防平台"


def new_secret() -> str:
    """A fresh secret in Base32, as code generators take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of one time step."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_now() -> int:
    """The present time step."""
    return int(clock.now().timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, *, after: int) -> int | None:
    """The time step this code belongs to, one step of drift either way; never one at or before ``after``."""
    given, now = "".join(code.split()), step_now()
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given.encode()) and step > after:
            found = step
    return found


def uri(secret: str, username: str) -> str:
    """What the QR code says to a code generator."""
    label = quote(f"{ISSUER}:{username}")
    return f"otpauth://totp/{label}?" + urlencode({"secret": secret, "issuer": ISSUER, "digits": DIGITS})

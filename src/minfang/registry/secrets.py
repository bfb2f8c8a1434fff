"""What a device proves itself with: shown once, kept only as its digest."""

import hmac
import secrets

from minfang.kernel.crypto import local

BYTES = 18


def new_secret() -> str:
    """A fresh secret (144 bits, letters that need no quoting in a device's settings)."""
    return secrets.token_urlsafe(BYTES)


def digest(secret: str) -> str:
    """What is stored of a secret: SM3. Secrets are random, so nothing is gained by guessing."""
    return local.sm3(secret.encode()).hex()


def matches(secret: str, stored: str) -> bool:
    """Whether this is the secret a digest was made of; never so for a device without one."""
    return bool(stored) and hmac.compare_digest(digest(secret), stored)

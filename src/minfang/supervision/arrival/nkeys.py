"""Keys and signed claims as the broker understands them (Ed25519, base32 with a checksum, JWT)."""

import base64
import binascii
import secrets
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCOUNT = 0


def public_account(key: Ed25519PrivateKey) -> str:
    """The name of an account key, A…"""
    raw = bytes([ACCOUNT]) + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b32encode(raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")).decode().rstrip("=")


def new_key() -> bytes:
    """32 random bytes of a private key."""
    return secrets.token_bytes(32)


def private(raw: bytes) -> Ed25519PrivateKey:
    """The key of these bytes."""
    return Ed25519PrivateKey.from_private_bytes(raw)


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def sign(claims: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """A token over claims."""
    body = _part(b'{"typ":"JWT","alg":"ed25519-nkey"}') + b"." + _part(orjson.dumps(claims))
    return (body + b"." + _part(key.sign(body))).decode()


def read(token: bytes) -> dict[str, Any]:
    """The claims of a token the broker made; it comes over the broker's own account and is not verified."""
    part = token.split(b".")[1]
    claims: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    return claims

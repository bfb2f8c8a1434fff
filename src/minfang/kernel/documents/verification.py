"""Verification codes and their QR: what a stranger needs to ask whether a document is real.

A code is ten random characters and eight of their HMAC-SM3, all from an alphabet without look-alikes;
a guessed code is refused before the database is asked.
"""

import io
import secrets

import segno
from django.conf import settings

from minfang.kernel.crypto import local

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
RANDOM_CHARACTERS = 10
CHECK_CHARACTERS = 8
GROUP = 6


def _check(body: str) -> str:
    mac = int.from_bytes(local.hmac_sm3(local.purpose_key("verify"), body.encode()), "big")
    characters = []
    for _ in range(CHECK_CHARACTERS):
        mac, index = divmod(mac, len(ALPHABET))
        characters.append(ALPHABET[index])
    return "".join(characters)


def new_code() -> str:
    """A fresh code of 18 characters."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return body + _check(body)


def normal(text: str) -> str:
    """A code as stored, from what somebody typed: without dashes and spaces, in capitals."""
    return "".join(text.split()).replace("-", "").upper()


def is_genuine(code: str) -> bool:
    """Whether this product made the code; tells nothing of whether a document bears it."""
    if len(code) != RANDOM_CHARACTERS + CHECK_CHARACTERS or not set(code) <= set(ALPHABET):
        return False
    body, check = code[:RANDOM_CHARACTERS], code[RANDOM_CHARACTERS:]
    return local.constant_time_equal(_check(body).encode(), check.encode())


def shown(code: str) -> str:
    """The code as printed: groups of six."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def address(code: str) -> str:
    """Where the public checks the document."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/verify/{code}"


def qr_svg(text: str) -> str:
    """A QR code as SVG text."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False)
    return out.getvalue().decode()


def block(code: str) -> dict[str, str]:
    """What templates get as ``verify``: the code as printed, its address and QR."""
    url = address(code)
    return {"shown": shown(code), "url": url, "qr_svg": qr_svg(url)}

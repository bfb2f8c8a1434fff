"""The links of the chain: one HMAC-SM3 over the previous link and everything an entry says.

Security handbook B.22 and B.25. The number of the chain and the gapless sequence are part of what is
covered, so an entry cannot be altered, removed, inserted or moved without a break.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.hmac import HMAC

from minfang.kernel.crypto import local

# What is covered, in this order; ``at`` in microseconds since 1970, absent numbers as 0, absent text as "".
COVERED = (
    "chain",
    "sequence",
    "at",
    "actor_id",
    "actor_name",
    "actor_office",
    "role",
    "address",
    "port",
    "agent",
    "request_id",
    "action",
    "target",
    "summary",
    "before",
    "after",
    "reason",
    "result",
)
FIRST = "0" * 64
CARRIED_OVER = 0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - _EPOCH) // _MICROSECOND


class Linker:
    """Makes links with one key; keep it for a run, its start is prepared once."""

    def __init__(self, key: bytes | None = None) -> None:
        self._start = HMAC(key or local.purpose_key("audit"), SM3())

    def link(self, previous: str, values: Sequence[Any]) -> str:
        """The link (64 hexadecimal digits) of the entry with these values after ``previous``."""
        mac = self._start.copy()
        mac.update(previous.encode() + orjson.dumps(values))
        return mac.finalize().hex()


_linkers: dict[bytes, Linker] = {}


def linker() -> Linker:
    """The linker of the product's audit key."""
    key = local.purpose_key("audit")
    found = _linkers.get(key)
    if found is None:
        found = _linkers[key] = Linker(key)
    return found

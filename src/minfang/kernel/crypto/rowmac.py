"""Integrity of single rows: HMAC-SM3 over the canonical form of what a row says (GB/T 39786, 宜 items).

A row whose MAC does not hold was changed past the product and must not be believed.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from minfang.kernel.crypto import local


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, date | datetime | time | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(f"a row MAC cannot cover a {type(value).__name__}")


def canonical_row(purpose: str, values: Sequence[Any]) -> bytes:
    """The bytes a row MAC covers: what the row is for, and its values in the caller's order.

    Moments count in UTC; ``Decimal("1.10")`` equals ``Decimal("1.1")``: what the database gives back is
    the same row.
    """
    settled = [value.astimezone(UTC) if _is_moment(value) else value for value in values]
    option = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    return orjson.dumps([purpose, settled], option=option, default=_plain)


def _is_moment(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def row_mac(purpose: str, values: Sequence[Any]) -> str:
    """HMAC-SM3 of a row in 64 hexadecimal digits; ``purpose`` keeps rows of different kinds apart."""
    return local.hmac_sm3(local.purpose_key("row"), canonical_row(purpose, values)).hex()


def row_mac_holds(purpose: str, values: Sequence[Any], mac: str) -> bool:
    """Whether a row still says what it said when its MAC was written."""
    return local.constant_time_equal(row_mac(purpose, values).encode(), mac.encode())

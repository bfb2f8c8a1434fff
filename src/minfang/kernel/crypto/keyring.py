"""Data keys in memory: unwrapped once a process, kept an hour at most.

Before the key table stands (first start, migrations) there is no key here, and callers fall back to the
derived keys of format 1.
"""

import time
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers import algorithms
from django.apps import apps
from django.db import DatabaseError, transaction

from minfang.kernel.crypto import local, port

KEEP_SECONDS = 3600
CHECKED = b"minfang/check-value"


@dataclass(frozen=True)
class DataKey:
    """An unwrapped key; ``number`` stands in the clear in every envelope made with it."""

    number: int
    purpose: str
    secret: bytes
    cipher: algorithms.SM4 | None
    until: float

    def __repr__(self) -> str:
        return f"DataKey({self.number}, {self.purpose})"


_by_number: dict[int, DataKey] = {}
_active: dict[str, DataKey] = {}


def forget() -> None:
    """Drop every unwrapped key of this process: after a rotation, or when the table changed."""
    _by_number.clear()
    _active.clear()
    local.forget_purpose_keys()


def check_value(secret: bytes) -> str:
    """16 hexadecimal digits that tell keys apart and reveal none."""
    return local.hmac_sm3(secret, CHECKED)[:8].hex()


def _rows(**wanted: Any) -> list[Any]:
    """The key rows asked for; none while the table does not stand."""
    if not apps.models_ready:
        return []
    from minfang.kernel.crypto.models import CryptoKey

    try:
        with transaction.atomic():
            return list(CryptoKey.objects.filter(**wanted))
    except DatabaseError:
        return []


def _unwrapped(row: Any) -> DataKey:
    adapter = port.current()
    if row.wrapped_by != adapter.name:
        raise port.CryptoMisconfigured(
            f"密钥 {row.pk} 由 {row.wrapped_by} 包装，现在的密码服务是 {adapter.name}："
            "请先运行 minfang crypto rewrap。"
        )
    secret = adapter.unwrap(bytes(row.wrapped))
    if not local.constant_time_equal(check_value(secret).encode(), row.check_value.encode()):
        raise local.Tampered(f"key {row.pk} is not the one that was wrapped")
    cipher = algorithms.SM4(secret) if len(secret) == 16 else None
    return DataKey(row.pk, row.purpose, secret, cipher, time.monotonic() + KEEP_SECONDS)


def active(purpose: str) -> DataKey | None:
    """The key that seals new data of a purpose; ``None`` while there is none."""
    key = _active.get(purpose)
    if key is not None and key.until > time.monotonic():
        return key
    rows = _rows(active_for=purpose)
    if not rows:
        return None
    key = _unwrapped(rows[0])
    _active[purpose] = _by_number[key.number] = key
    return key


def numbered(number: int, purpose: str) -> DataKey:
    """The key of an envelope; raises ``local.Tampered`` when there is none, or it is for something else."""
    key = _by_number.get(number)
    if key is None or key.until <= time.monotonic():
        rows = [row for row in _rows(pk=number) if row.wrapped is not None]
        if not rows:
            raise local.Tampered(f"key {number} is unknown or destroyed")
        key = _by_number[number] = _unwrapped(rows[0])
    if key.purpose != purpose:
        raise local.Tampered(f"key {number} is not for {purpose}")
    return key

"""Positions in a source as JSON: numbers, texts and times that come back as they were."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from minfang.supervision.links.refusals import unusable

Stored = dict[str, Any]
WRITERS: list[tuple[type, str, Callable[[Any], Any]]] = [
    (int, "n", int),
    (Decimal, "d", str),
    (float, "f", float),
    (datetime, "t", datetime.isoformat),
    (date, "day", date.isoformat),
    (UUID, "u", str),
]
READERS: dict[str, Callable[[str], Any]] = {
    "d": Decimal,
    "t": datetime.fromisoformat,
    "day": date.fromisoformat,
    "u": UUID,
}


def keep(value: Any) -> Stored:
    """A value of a row, for storing."""
    if isinstance(value, bool) or value is None:
        raise unusable("KEY_REFUSED", "唯一键或增量字段中有空值。", "请另选不为空的字段。")
    for kind, sign, put in WRITERS:
        if isinstance(value, kind):
            return {sign: put(value)}
    return {"s": str(value)}


def back(stored: Stored) -> Any:
    """The value that was kept."""
    ((sign, value),) = stored.items()
    return READERS[sign](value) if sign in READERS else value


def words(stored: Stored) -> str:
    """A position as a person reads it."""
    if not stored:
        return ""
    ((kind, value),) = stored.items()
    return str(value).replace("T", " ") if kind == "t" else str(value)


def typed(text: str) -> Stored:
    """A position a person wrote: a number, a time or a text."""
    found = text.strip()
    if found.lstrip("-").isdigit():
        return {"n": int(found)}
    try:
        return {"t": datetime.fromisoformat(found).isoformat()}
    except ValueError:
        return {"s": found}


def readable(value: Any) -> Any:
    """A value of a row as JSON can hold it."""
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)

"""How personal numbers and names are shown in part: one rule wherever they are shown (B.22, B.63)."""

import re
from typing import Any

from minfang.kernel.base.identifiers import is_id_card

FRONT, BACK, LEAST = 3, 4, 11
_ID_CARD = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9X](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])1[3-9][0-9]{9}(?![0-9A-Za-z])")
_LONG = re.compile(r"(?<![0-9])(?:[0-9]{15,18}[0-9Xx](?![0-9Xx])|1[3-9][0-9]{9}(?![0-9]))")


def number(text: str) -> str:
    """``138****5678``: the first three and the last four stay; of less than eleven characters none does."""
    if len(text) < LEAST:
        return "*" * len(text)
    return text[:FRONT] + "*" * (len(text) - FRONT - BACK) + text[-BACK:]


def name(text: str) -> str:
    """A natural person's name as strangers may see it (王*)."""
    return text[:1] + "*" * max(len(text) - 1, 1) if text else ""


def partly(text: str) -> str:
    """Any personal text: long ones like a number, short ones keep their first and last character."""
    if len(text) >= LEAST:
        return number(text)
    return text[:1] + "*" if len(text) <= 2 else text[:1] + "*" * (len(text) - 2) + text[-1:]


def in_text(text: str) -> str:
    """Running text with its identity numbers (that hold their check) and mobile numbers masked."""

    def id_card(found: re.Match[str]) -> str:
        return number(found.group()) if is_id_card(found.group()) else found.group()

    return _MOBILE.sub(_shown, _ID_CARD.sub(id_card, text))


def in_log(text: str) -> str:
    """Text of any origin: whatever is as long as an identity, bank or mobile number is masked."""
    return _LONG.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    return number(found.group())


def in_values(value: Any) -> Any:
    """:func:`in_text` for every text inside a value."""
    if isinstance(value, str):
        return in_text(value)
    if isinstance(value, dict):
        return {key: in_values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [in_values(inner) for inner in value]
    return value

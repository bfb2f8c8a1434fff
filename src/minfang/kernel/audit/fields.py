"""Values as the trail keeps them: one line, and JSON whose stored text is the text the MAC covers."""

import json
import re
from typing import Any

import orjson
from django.db import models

from minfang.kernel.base.identifiers import is_id_card

_CONTROL = dict.fromkeys((*range(32), 127, 133, 8232, 8233), " ")


def one_line(value: Any, length: int) -> str:
    """Text without control characters, at most ``length`` long: nothing can pretend to be a new line."""
    text = str(value or "")
    if not text.isprintable():
        text = text.translate(_CONTROL).encode("utf-8", "replace").decode()
    return text[:length]


_ID_CARD = re.compile(r"(?<![0-9A-Za-z])[1-9][0-9]{16}[0-9X](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9A-Za-z])")


def masked(text: str) -> str:
    """Text whose identity and mobile numbers are shown in part only (security handbook B.22, B.63)."""

    def id_card(found: re.Match[str]) -> str:
        number = found.group()
        return f"{number[:3]}{'*' * 11}{number[-4:]}" if is_id_card(number) else number

    return _MOBILE.sub(r"\1****\2", _ID_CARD.sub(id_card, text))


def masked_values(value: Any) -> Any:
    """The same for every text inside a value."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: masked_values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked_values(inner) for inner in value]
    return value


def json_text(value: Any) -> str:
    """The JSON text of a value, keys sorted; what JSON does not know becomes text, ``None`` is empty."""
    if value is None:
        return ""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS, default=str).decode()
    except TypeError:
        return json.dumps(value, ensure_ascii=True, sort_keys=True, default=str)


class JsonText(models.TextField):
    """A JSON value kept as the very text it was written with; databases do not rewrite it."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        """The value of the stored text."""
        return json.loads(value) if value else None

    def get_prep_value(self, value: Any) -> str:
        """The text to be stored."""
        return json_text(value)

"""Values as the trail keeps them: one line, and JSON whose stored text is the text the MAC covers."""

import json
from typing import Any

import orjson
from django.db import models

_CONTROL = dict.fromkeys((*range(32), 127, 133, 8232, 8233), " ")


def one_line(value: Any, length: int) -> str:
    """Text without control characters, at most ``length`` long: nothing can pretend to be a new line."""
    text = str(value or "")
    if not text.isprintable():
        text = text.translate(_CONTROL).encode("utf-8", "replace").decode()
    return text[:length]


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

"""What a draft must satisfy to be kept: size and shape, nothing else; saving never asks for completeness."""

import math
import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from minfang.kernel.base.errors import FieldError
from minfang.kernel.forms.compiled import Field, Form

MAX_BYTES = 1024 * 1024
SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Draft:
    """Data fit to be stored, the keys left out because the form does not know them, and what stops saving."""

    data: dict[str, Any] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)


def shaped(form: Form, data: Any) -> Draft:
    """Bring whatever a browser sent into the shape of the form without judging any value."""
    draft = Draft()
    if not isinstance(data, dict):
        draft.errors.append(FieldError("", "表单", "表单数据无法识别，请刷新页面后重试，已填内容仍在本机。"))
        return draft
    for key, value in data.items():
        f = form.fields.get(key) if isinstance(key, str) else None
        if f is None:
            draft.dropped.append(_printable(key))
        elif f.is_table:
            _take_table(draft, f, value)
        else:
            _take(draft, draft.data, f.path, f.path, value)
    size = len(orjson.dumps(draft.data))
    if size > MAX_BYTES:
        message = f"填写内容共 {size / MAX_BYTES:.1f} MB，超过 1 MB，无法保存，请删减清单行数或说明文字。"
        draft.errors.append(FieldError("", "表单", message))
    return draft


def _take(draft: Draft, target: dict[str, Any], key: str, path: str, value: Any) -> None:
    plain = _plain(value)
    if plain is _UNFIT:
        draft.dropped.append(path)
    else:
        target[key] = plain


def _take_table(draft: Draft, f: Field, value: Any) -> None:
    if not isinstance(value, list):
        if value not in (None, ""):
            draft.dropped.append(f.path)
        return
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(value):
        if not isinstance(line, dict):
            draft.dropped.append(f"{f.path}.{number}")
            continue
        row: dict[str, Any] = {}
        for key, cell in line.items():
            path = f"{f.path}.{number}.{_printable(key)}"
            if isinstance(key, str) and key in f.by_path:
                _take(draft, row, key, path, cell)
            else:
                draft.dropped.append(path)
        rows.append(row)
    draft.data[f.path] = rows


_UNFIT = object()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return SURROGATES.sub("\ufffd", value)
    if isinstance(value, int):
        return value if abs(value) < 2**53 else _long(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [SURROGATES.sub("\ufffd", item) for item in value]
    return _UNFIT


def _long(value: int) -> Any:
    return str(value) if abs(value) < 10**60 else _UNFIT


def _printable(key: Any) -> str:
    return SURROGATES.sub("\ufffd", str(key)[:100])

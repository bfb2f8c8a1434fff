"""What changed between two versions of the same application, for the officer who has read the first."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import orjson

from minfang.kernel.forms.compiled import Field, Form
from minfang.kernel.forms.wording import display


@dataclass(frozen=True, slots=True)
class Change:
    """One change, old and new as people read them.

    ``kind`` is added, removed, changed, row_added or row_removed.
    """

    path: str
    label: str
    kind: str
    old: str
    new: str


def changes(form: Form, old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """All changes in the order of the form; rows are matched by content, not by place."""
    found: list[Change] = []
    for f in form.fields.values():
        if f.is_table:
            found += _table(f, _lines(f, old.get(f.path)), _lines(f, new.get(f.path)))
        else:
            found += _cell(f, f.path, f.label, old.get(f.path), new.get(f.path))
    return found


def _cell(f: Field, path: str, label: str, old: Any, new: Any) -> Iterator[Change]:
    before, after = display(f, old), display(f, new)
    if before != after:
        kind = "added" if not before else "removed" if not after else "changed"
        yield Change(path, label, kind, before, after)


def _lines(f: Field, value: Any) -> list[dict[str, Any]]:
    lines = value[: f.max_rows] if isinstance(value, list) else []
    return [line for line in lines if isinstance(line, dict)]


def _table(f: Field, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[Change]:
    keys = [[_key(f, line) for line in lines] for lines in (old, new)]
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        both = min(i2 - i1, j2 - j1)
        for k in range(both):
            yield from _row(f, j1 + k, old[i1 + k], new[j1 + k])
        for i in range(i1 + both, i2):
            yield Change(f"{f.path}.{i}", f"{f.label} 原第{i + 1}行", "row_removed", _summary(f, old[i]), "")
        for j in range(j1 + both, j2):
            yield Change(f"{f.path}.{j}", f"{f.label} 第{j + 1}行", "row_added", "", _summary(f, new[j]))


def _key(f: Field, line: dict[str, Any]) -> bytes:
    return orjson.dumps([display(column, line.get(column.path)) for column in f.columns])


def _row(f: Field, number: int, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for column in f.columns:
        path, label = f"{f.path}.{number}.{column.path}", f"{f.label} 第{number + 1}行 {column.label}"
        yield from _cell(column, path, label, old.get(column.path), new.get(column.path))


def _summary(f: Field, line: dict[str, Any]) -> str:
    shown = (display(column, line.get(column.path)) for column in f.columns)
    return "，".join(text for text in shown if text)

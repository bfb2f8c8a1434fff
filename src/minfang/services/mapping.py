"""Fill a document's context from form data by a mapping that stands in the matter's definition.

A mapping is a tree. A text is a form path; a text that starts with ``label:`` gives the words of a coded
value, ``text:`` a constant, ``join:`` the words of one column of a sub-table in a row. A table
``{rows = "protective_units", unit_no = "unit_no", …}`` gives a list with one entry a line.
"""

from collections.abc import Callable, Mapping
from typing import Any

Labeller = Callable[[str, Any], str]


def build(mapping: Mapping[str, Any], data: Mapping[str, Any], label: Labeller) -> dict[str, Any]:
    """The context a mapping describes for these form data; ``label(path, value)`` words coded values."""
    return {key: _value(rule, data, label, "") for key, rule in mapping.items()}


def _value(rule: Any, data: Mapping[str, Any], label: Labeller, prefix: str) -> Any:
    if isinstance(rule, Mapping):
        if "rows" in rule:
            table = str(rule["rows"])
            columns = {key: inner for key, inner in rule.items() if key != "rows"}
            return [_row(columns, row, label, table) for row in data.get(table) or []]
        return {key: _value(inner, data, label, prefix) for key, inner in rule.items()}
    kind, _, rest = str(rule).partition(":")
    if kind == "text":
        return rest
    if kind == "label":
        return label(prefix + rest, data.get(rest))
    if kind == "join":
        table, _, column = rest.partition(".")
        return "、".join(label(rest, row.get(column)) for row in data.get(table) or [])
    return data.get(str(rule))


def _row(columns: Mapping[str, Any], row: Mapping[str, Any], label: Labeller, table: str) -> dict[str, Any]:
    return {key: _value(rule, row, label, f"{table}.") for key, rule in columns.items()}

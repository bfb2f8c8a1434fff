"""Values as people read them: labels of options, thousands separators, filled-in messages."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from minfang.kernel.expressions import Expression, ExpressionError
from minfang.kernel.forms.cells import is_empty
from minfang.kernel.forms.compiled import Field, Form, Template

Facts = dict[str, Any]
Functions = Mapping[str, Callable[..., Any]]


def display(field: Field, value: Any) -> str:
    """A value as it is printed: 48,620.00 · 是 · 住宅组团用地 · 2026-11-22; '' when there is none."""
    if is_empty(value):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.type in ("decimal", "integer") and isinstance(value, str | int):
        return _number(field, value)
    if field.type == "enum" and isinstance(value, str):
        return field.options[value].label if value in field.options else value
    if isinstance(value, list):
        return "、".join(display_choice(field, choice) for choice in value)
    return str(value)


def display_choice(field: Field, value: Any) -> str:
    """One value of a list as its label."""
    known = field.options.get(value) if isinstance(value, str) else None
    return known.label if known else str(value)


def _number(field: Field, value: str | int) -> str:
    try:
        return f"{Decimal(value):,.{field.scale}f}"
    except ArithmeticError:
        return str(value)


def fill(template: Template, form: Form, table: Field | None, facts: Facts, functions: Functions) -> str:
    """The message with its places filled in; a place that cannot be computed reads （未填）."""
    texts = (p if isinstance(p, str) else _place(p, form, table, facts, functions) for p in template.pieces)
    return "".join(texts)


def _place(
    expression: Expression, form: Form, table: Field | None, facts: Facts, functions: Functions
) -> str:
    try:
        value = expression.evaluate(facts, functions)
    except ExpressionError:
        value = None
    if is_empty(value):
        return "（未填）"
    if isinstance(value, Decimal):
        sources = [] if expression.calls() else [_known(name, form, table) for name in expression.names()]
        return _shown_number(value, sources)
    direct = _known(expression.text, form, table)
    return display(direct, value) if direct else str(value)


def _shown_number(value: Decimal, sources: list[Field | None]) -> str:
    scales = [source.scale for source in sources if source and source.type in ("decimal", "integer")]
    return f"{value:,.{max(scales)}f}" if scales else f"{value:,f}"


def _known(name: str, form: Form, table: Field | None) -> Field | None:
    first, _, second = name.partition(".")
    if first == "row" and table:
        return table.by_path.get(second)
    found = form.fields.get(first)
    return found.by_path.get(second) if found and second else found

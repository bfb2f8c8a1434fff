"""One look at one set of data: what is visible, what is computed, what is wrong.

Expressions see only facts: visible values that are right in themselves, and computed ones. A hidden or
wrong value counts as not filled in, so a forgotten number in a field no longer shown never enters a
calculation.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from minfang.kernel.expressions import Expression, ExpressionError, as_number
from minfang.kernel.expressions.functions import round_half_up
from minfang.kernel.forms.cells import is_empty, judge
from minfang.kernel.forms.compiled import Field, Form
from minfang.kernel.forms.wording import Functions

Facts = dict[str, Any]


@dataclass(slots=True)
class Row:
    """A line of a sub-table: what is kept, what expressions see, which cells are hidden or wrong."""

    kept: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def is_unreadable(self) -> bool:
        """Whether what was sent as a line is no line at all; it is kept as it was sent."""
        return "" in self.faults


@dataclass(slots=True)
class Evaluation:
    """The result for a whole form."""

    form: Form
    functions: Functions
    kept: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[Row]] = field(default_factory=dict)

    def row_facts(self, row: Row) -> dict[str, Any]:
        """What an expression of a column sees: the form and ``row``."""
        return {**self.facts, "row": row.facts}

    def visible_fields(self, step: str | None) -> Iterator[Field]:
        """Fields shown for these data, in the order of the form."""
        return (f for f in self.form.of_step(step) if f.path not in self.hidden)


def evaluate(form: Form, data: Mapping[str, Any], functions: Functions) -> Evaluation:
    """Look at data once, in an order in which everything follows what decides it. Never raises."""
    seen = Evaluation(form, functions)
    for f in form.order:
        if f.is_table:
            _table(seen, f, data.get(f.path))
        else:
            _scalar(seen, f, data.get(f.path))
    return seen


def _scalar(seen: Evaluation, f: Field, raw: Any) -> None:
    kept, fault = (None, "") if f.computed else judge(f, raw)
    seen.facts[f.path] = None if fault else kept
    if _is_hidden(f, seen.facts, seen.functions):
        seen.hidden.add(f.path)
        seen.facts[f.path] = None
    elif f.computed:
        kept, fault = _computed(f, f.computed, seen.facts, seen.functions)
        seen.facts[f.path] = kept
    seen.kept[f.path] = kept
    if fault and f.path not in seen.hidden:
        seen.faults[f.path] = fault


def _is_hidden(f: Field, facts: Facts, functions: Functions) -> bool:
    if f.visible is None:
        return False
    try:
        return f.visible.evaluate(facts, functions) is not True
    except ExpressionError:
        return True


def _computed(f: Field, expression: Expression, facts: Facts, functions: Functions) -> tuple[Any, str]:
    try:
        value = expression.evaluate(facts, functions)
    except ExpressionError as error:
        return None, f"{f.label}无法核算：{error}。"
    if value is None or not isinstance(value, bool | str | Decimal):
        return None, ""
    return _fitted(f, value), ""


def _fitted(f: Field, value: bool | str | Decimal) -> Any:
    number = as_number(value)
    if f.type == "decimal":
        return None if number is None else f"{round_half_up(number, f.scale):f}"
    if f.type == "integer":
        return None if number is None else int(round_half_up(number, 0))
    return f"{value:f}" if isinstance(value, Decimal) else value


def _table(seen: Evaluation, f: Field, raw: Any) -> None:
    kept, fault = judge(f, raw)
    lines = kept if isinstance(kept, list) else []
    rows = [_plain_row(f, line) for line in lines[: f.max_rows]]
    seen.rows[f.path] = rows
    seen.facts[f.path] = [row.facts for row in rows]
    if _is_hidden(f, seen.facts, seen.functions):
        seen.hidden.add(f.path)
        seen.facts[f.path] = None
    elif fault:
        seen.faults[f.path] = fault
    if f.row_is_dynamic and f.path not in seen.hidden:
        for row in rows:
            if not row.is_unreadable:
                _dynamic_cells(seen, f, row)
    if isinstance(kept, list) and len(kept) <= f.max_rows:
        kept = [line if row.is_unreadable else row.kept for row, line in zip(rows, lines, strict=True)]
    seen.kept[f.path] = kept


def _plain_row(f: Field, line: Any) -> Row:
    row = Row()
    if not isinstance(line, Mapping):
        row.faults[""] = f"{f.label}的这一行无法识别，请删除后重新填写。"
        return row
    row.kept = {key: value for key, value in line.items() if key not in f.by_path}
    for column in f.columns:
        if column.computed:
            continue
        kept, fault = judge(column, line.get(column.path))
        if kept is not None or column.path in line:
            row.kept[column.path] = kept
        row.facts[column.path] = None if fault else kept
        if fault:
            row.faults[column.path] = fault
    return row


def _dynamic_cells(seen: Evaluation, f: Field, row: Row) -> None:
    facts = seen.row_facts(row)
    for column in f.columns:
        if column.visible and _is_hidden(column, facts, seen.functions):
            row.hidden.add(column.path)
            row.faults.pop(column.path, None)
            row.facts[column.path] = None
        elif column.computed:
            value, fault = _computed(column, column.computed, facts, seen.functions)
            row.kept[column.path] = row.facts[column.path] = value
            if fault:
                row.faults[column.path] = fault


def is_required(f: Field, facts: Facts, functions: Functions) -> bool:
    """Whether the field must be filled in, given the other values."""
    if isinstance(f.required, bool):
        return f.required
    try:
        return f.required.evaluate(facts, functions) is True
    except ExpressionError:
        return False


def missing(f: Field, facts: Facts) -> bool:
    """Whether nothing usable stands in the field."""
    return is_empty(facts.get(f.path))

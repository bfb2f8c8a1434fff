"""A filled-in form as sections of rows and tables: what the application PDF and the case page print."""

from typing import Any

from minfang.kernel.base import masking
from minfang.kernel.expressions import ExpressionError, parse
from minfang.kernel.forms.compiled import Field
from minfang.kernel.forms.evaluation import Evaluation, Row
from minfang.kernel.forms.wording import display

Section = dict[str, Any]


def sections(seen: Evaluation, definition: dict[str, Any], mask: bool) -> list[Section]:
    """One section for each group with something visible in it; hidden fields are left out."""
    made: list[Section] = []
    for step in definition["steps"]:
        for group in step.get("groups", []):
            fields = [seen.form.fields[raw["path"]] for raw in group["fields"]]
            shown = [f for f in fields if f.path not in seen.hidden]
            rows = [_row(f, seen, mask) for f in shown if not f.is_table]
            tables = [_table(f, seen, mask) for f in shown if f.is_table]
            if rows or tables:
                made.append(_section(step, group, rows, tables))
    return made


def _section(step: Any, group: Any, rows: list[Any], tables: list[Any]) -> Section:
    names = {"title": group["title"], "step": step["key"], "key": group["key"]}
    return {**names, "rows": rows, "tables": tables}


def _shown(f: Field, value: Any, mask: bool) -> str:
    text = display(f, value)
    return masking.partly(text) if mask and text and f.raw.get("sensitive") else text


def _row(f: Field, seen: Evaluation, mask: bool) -> dict[str, str]:
    value = _shown(f, seen.kept.get(f.path), mask)
    return {"path": f.path, "label": f.label, "value": value, "unit": f.raw.get("unit", "") if value else ""}


def _table(f: Field, seen: Evaluation, mask: bool) -> dict[str, Any]:
    lines = seen.rows.get(f.path, [])
    columns = [c for c in f.columns if not lines or any(_used(c, row) for row in lines)]
    return {
        "path": f.path,
        "title": f.label,
        "columns": [_heading(c) for c in columns],
        "rows": [[_cell(c, row, mask) for c in columns] for row in lines],
        "summary": _totals(f, columns, seen),
    }


def _used(column: Field, row: Row) -> bool:
    return column.path not in row.hidden and row.kept.get(column.path) not in (None, "", [])


def _heading(column: Field) -> dict[str, str]:
    align = "right" if column.type in ("decimal", "integer") else "left"
    return {"label": column.label, "unit": column.raw.get("unit", ""), "align": align}


def _cell(column: Field, row: Row, mask: bool) -> str:
    return "" if column.path in row.hidden else _shown(column, row.kept.get(column.path), mask)


def _totals(f: Field, columns: list[Field], seen: Evaluation) -> list[str]:
    wanted = {item["column"]: item.get("function", "sum") for item in f.raw.get("summary", [])}
    if not wanted:
        return []
    return [_total(f, c, wanted[c.path], seen) if c.path in wanted else "" for c in columns]


def _total(f: Field, column: Field, function: str, seen: Evaluation) -> str:
    try:
        value = parse(f"{function}({f.path}.{column.path})").evaluate(seen.facts)
    except ExpressionError:
        return ""
    return "" if value is None else f"{value:,.{column.scale}f}"

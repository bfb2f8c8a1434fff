"""The format of a form definition and the check it must pass before it is published.

A definition is a JSON object::

    code, title                      e.g. BASEMENT_SYNC, 新建民用建筑防空地下室同步建设审批申请表
    steps[]    key, title, intro, minutes (estimate), groups[]
    groups[]   key, title, hint, fields[]
    dictionaries  {key: [option, ...]}; option = value, label, hint, group

A field (and a column of a sub-table, which is a field without columns of its own)::

    path            identifier, unique in the form (a column: in its table)
    label           what people call it
    type            text textarea integer decimal boolean enum multi_enum date table
    required        true, false or an expression
    visible_when    expression; the field is shown only when it is true; a hidden value counts as absent
    readonly        not typed by the applicant
    computed        expression; its value replaces whatever was sent; columns are computed from left to right
    explain         name of a registered function: facts -> lines of the calculation (ExplainLine)
    checks[]        rule (expression that must not be false), message, level error|warning, basis (document)
    max_length, pattern (whole text), pattern_message, format (see formats.py)
    min, max, exclusive_min (numbers or numeric texts), scale (decimals, default 2), unit
    options or options_from (key of dictionaries)
    options_group   path of the field whose value the ``group`` of the chosen option must equal
    columns[], min_rows, max_rows, row_title, add_label, summary[] of {column, function}
    hint, prefill, prefill_label, sensitive (masked on pages of others), width 1-12, autocomplete

Messages may hold ``{expression}`` places. Expressions of a column see the present line as ``row``.
Expressions may name every field of the form; what decides whether a field is shown and what it computes
must not lead back to the field through others (its own value it may look at).

Data are flat: scalars by path, tables as lists of objects, decimals as texts with the field's scale
("48620.00"), integers as numbers, dates as ISO texts.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs

from minfang.kernel.expressions import Expression, ExpressionError, parse
from minfang.kernel.forms.compiled import PLACEHOLDER, Circular, compile_form
from minfang.kernel.forms.formats import FORMATS

Raw = Mapping[str, Any]
Names = Collection[str] | None


class FaultyDefinition(ValueError):
    """A definition that cannot be published; ``faults`` name each place and what is wrong, in Chinese."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("；".join(faults[:10]))
        self.faults = faults


def require_valid(definition: Any, functions: Names) -> None:
    """Raise ``FaultyDefinition`` unless the definition can be published with these registered functions."""
    found = faults(definition, functions)
    if found:
        raise FaultyDefinition(found)


def faults(definition: Any, functions: Names = None) -> list[str]:
    """Everything wrong with a definition; [] when it can be published.

    ``functions`` are the names its expressions may call; None leaves the names unchecked.
    """
    shape = [f"{_place(e.instance_path)}：{e.message}" for e in _SHAPE.iter_errors(definition)]
    if shape:
        return shape[:50]
    found = [*_duplicates(definition), *_field_faults(definition, functions)]
    if not found:
        try:
            compile_form(definition)
        except Circular as error:
            found.append(f"字段互相决定，形成循环：{'、'.join(error.args)}")
    return found


def _place(path: list[Any]) -> str:
    return "/".join(str(part) for part in path) or "表单"


def all_fields(definition: Raw) -> Iterator[Raw]:
    """The top-level fields in the order of the form."""
    for step in definition["steps"]:
        for group in step.get("groups", []):
            yield from group.get("fields", [])


def _duplicates(definition: Raw) -> Iterator[str]:
    groups = {"步骤": [step["key"] for step in definition["steps"]]}
    groups["字段"] = [raw["path"] for raw in all_fields(definition)]
    for raw in all_fields(definition):
        groups[f"{raw['path']} 的列"] = [column["path"] for column in raw.get("columns", [])]
    for what, keys in groups.items():
        for key in {key for key in keys if keys.count(key) > 1}:
            yield f"{what}“{key}”重复"


def _field_faults(definition: Raw, functions: Names) -> Iterator[str]:
    known = {
        raw["path"]: {column["path"] for column in raw.get("columns", [])} for raw in all_fields(definition)
    }
    dictionaries = definition.get("dictionaries", {})
    for raw in all_fields(definition):
        yield from _of_field(raw, raw["path"], dictionaries)
        yield from _expression_faults(raw, raw["path"], known, None, functions)
        for column in raw.get("columns", []):
            place = f"{raw['path']}.{column['path']}"
            yield from _of_field(column, place, dictionaries)
            yield from _expression_faults(column, place, known, known[raw["path"]], functions)
        if raw.get("options_group") and raw["options_group"] not in known:
            yield f"{raw['path']}：options_group 指向不存在的字段 {raw['options_group']}"


def _of_field(raw: Raw, place: str, dictionaries: Raw) -> Iterator[str]:
    is_choice = raw["type"] in ("enum", "multi_enum")
    if is_choice and not raw.get("options") and raw.get("options_from") not in dictionaries:
        yield f"{place}：没有选项，options_from “{raw.get('options_from', '')}”不在 dictionaries 中"
    if raw.get("format") and raw["format"] not in FORMATS:
        yield f"{place}：没有名为 {raw['format']} 的格式"
    if raw["type"] == "table" and not raw.get("columns"):
        yield f"{place}：清单没有列"
    if raw["type"] != "table" and raw.get("columns"):
        yield f"{place}：只有清单可以有列"
    if raw.get("required") is True and raw.get("visible_when") == "false":
        yield f"{place}：必填字段永远不显示"
    columns = {column["path"] for column in raw.get("columns", [])}
    for item in raw.get("summary", []):
        if item["column"] not in columns:
            yield f"{place}：合计的列 {item['column']} 不存在"
    try:
        re.compile(raw.get("pattern", ""))
    except re.error:
        yield f"{place}：pattern 不是有效的正则表达式"


def expressions_of(raw: Raw) -> Iterator[tuple[str, str]]:
    """(property, text) of every expression a field holds, those inside messages included."""
    for key in ("required", "visible_when", "computed"):
        if isinstance(raw.get(key), str):
            yield key, raw[key]
    for check in raw.get("checks", []):
        yield "checks", check["rule"]
        yield from (("message", text) for text in PLACEHOLDER.findall(check["message"]))


def _expression_faults(
    raw: Raw,
    place: str,
    known: Mapping[str, set[str]],
    columns: set[str] | None,
    functions: Names,
) -> Iterator[str]:
    for key, text in expressions_of(raw):
        try:
            expression = parse(text)
        except ExpressionError as error:
            yield f"{place}：{key} 的表达式“{text}”有误，{error}"
            continue
        for name in sorted(unknown_names(expression, known, columns)):
            yield f"{place}：{key} 用到不存在的字段 {name}"
        for name in sorted(expression.calls() - set(functions or expression.calls())):
            yield f"{place}：{key} 用到未登记的函数 {name}"
    if raw.get("explain") and functions is not None and raw["explain"] not in functions:
        yield f"{place}：explain 用到未登记的函数 {raw['explain']}"


def unknown_names(
    expression: Expression, known: Mapping[str, set[str]], columns: set[str] | None
) -> Iterator[str]:
    """Paths of an expression that are no field, no column of a table and no cell of the present row."""
    for name in expression.names():
        first, *rest = name.split(".")
        if first == "row" and columns is not None:
            right = len(rest) == 1 and rest[0] in columns
        else:
            right = first in known and (not rest or (len(rest) == 1 and rest[0] in known[first]))
        if not right:
            yield name


_SHAPE = jsonschema_rs.validator_for(
    json.loads(Path(__file__).with_name("definition.schema.json").read_text(encoding="utf-8"))
)

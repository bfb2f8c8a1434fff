"""The shape of a form's data as JSON Schema 2020-12: for the API description and the browser."""

from typing import Any

from minfang.kernel.forms.compiled import Field, Form


def json_schema(form: Form, title: str) -> dict[str, Any]:
    """Types and bounds of every field; conditions and checks are left to the engine."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "additionalProperties": False,
        "properties": {f.path: _property(f) for f in form.fields.values()},
        "required": [f.path for f in form.fields.values() if f.required is True and f.visible is None],
    }


def _property(f: Field) -> dict[str, Any]:
    return {"title": f.label, **_TYPES[f.type](f)}


def _text(f: Field) -> dict[str, Any]:
    return {"type": ["string", "null"], "maxLength": f.max_length}


def _decimal(f: Field) -> dict[str, Any]:
    fraction = rf"(\.[0-9]{{1,{f.scale}}})?" if f.scale else ""
    return {"type": ["string", "null"], "pattern": rf"^-?[0-9]{{1,30}}{fraction}$"}


def _integer(f: Field) -> dict[str, Any]:
    bounds = {"minimum": f.least, "maximum": f.most, "exclusiveMinimum": f.above}
    return {"type": ["integer", "null"], **{k: int(v) for k, v in bounds.items() if v is not None}}


def _enum(f: Field) -> dict[str, Any]:
    return {"enum": [*f.options, None]}


def _multi_enum(f: Field) -> dict[str, Any]:
    return {"type": ["array", "null"], "items": {"enum": [*f.options]}, "uniqueItems": True}


def _table(f: Field) -> dict[str, Any]:
    columns = {column.path: _property(column) for column in f.columns}
    row = {"type": "object", "additionalProperties": False, "properties": columns}
    return {"type": ["array", "null"], "maxItems": f.max_rows, "items": row}


_TYPES = {
    "text": _text,
    "textarea": _text,
    "decimal": _decimal,
    "integer": _integer,
    "boolean": lambda f: {"type": ["boolean", "null"]},
    "date": lambda f: {"type": ["string", "null"], "format": "date"},
    "enum": _enum,
    "multi_enum": _multi_enum,
    "table": _table,
}

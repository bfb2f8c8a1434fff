"""A form definition made ready to run: expressions parsed, patterns compiled, options indexed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from minfang.kernel.expressions import Expression, parse

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
DECIMAL_TYPES = ("decimal", "integer")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list; ``group`` ties it to the value of another field (街镇 to its 区)."""

    value: str
    label: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A message with ``{expression}`` places: alternating literal texts and expressions."""

    pieces: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that must not be false, what to say when it is, how grave, and the document it rests on."""

    rule: Expression
    message: Template
    is_error: bool
    basis: str


@dataclass(slots=True)
class Field:
    """A field of a form or a column of a sub-table. ``required`` is a fixed answer or a condition."""

    path: str
    label: str
    type: str
    raw: dict[str, Any]
    required: bool | Expression = False
    visible: Expression | None = None
    computed: Expression | None = None
    checks: tuple[Check, ...] = ()
    options: dict[str, Option] = field(default_factory=dict)
    options_group: str = ""
    pattern: re.Pattern[str] | None = None
    scale: int = 2
    least: Decimal | None = None
    above: Decimal | None = None
    most: Decimal | None = None
    max_length: int = 500
    columns: tuple["Field", ...] = ()
    by_path: dict[str, "Field"] = field(default_factory=dict)
    max_rows: int = 200
    min_rows: int = 0
    step: str = ""

    @property
    def is_table(self) -> bool:
        return self.type == "table"

    @property
    def row_is_dynamic(self) -> bool:
        """Whether the rest of the form decides which cells are seen or what they compute."""
        return any(column.visible or column.computed for column in self.columns)

    def decisive_names(self) -> set[str]:
        """First names of everything that decides whether the field is seen and what it computes."""
        names: set[str] = set()
        for expression in (self.visible, self.computed):
            if expression:
                names |= {name.split(".")[0] for name in expression.names()}
        for column in self.columns:
            names |= column.decisive_names() - {"row"}
        return names - {self.path}


@dataclass(slots=True)
class Form:
    """All fields of a form; ``order`` is one in which everything stands after what decides it."""

    fields: dict[str, Field]
    order: tuple[Field, ...]

    def of_step(self, step: str | None) -> Iterator[Field]:
        """Fields in the order of the form, of one step or of all."""
        return (f for f in self.fields.values() if step is None or f.step == step)


class Circular(ValueError):
    """Fields decide each other in a circle; ``args`` are their paths."""


def compile_form(definition: Mapping[str, Any]) -> Form:
    """Compile a definition that has passed ``definition.faults``."""
    dictionaries = definition.get("dictionaries", {})
    fields: dict[str, Field] = {}
    for step in definition["steps"]:
        for group in step.get("groups", []):
            for raw in group.get("fields", []):
                made = _field(raw, dictionaries)
                made.step = step["key"]
                fields[made.path] = made
    return Form(fields, ordered(fields))


def ordered(fields: Mapping[str, Field]) -> tuple[Field, ...]:
    """Fields so that each follows those that decide it. Raises ``Circular``."""
    placed: dict[str, Field] = {}
    waiting = {path: f.decisive_names() & fields.keys() for path, f in fields.items()}
    while waiting:
        ready = [path for path, names in waiting.items() if names <= placed.keys()]
        if not ready:
            raise Circular(*waiting)
        for path in ready:
            placed[path] = fields[path]
            del waiting[path]
    return tuple(placed.values())


def _field(raw: dict[str, Any], dictionaries: Mapping[str, Any]) -> Field:
    made = Field(raw["path"], raw["label"], raw["type"], raw)
    required = raw.get("required", False)
    made.required = parse(required) if isinstance(required, str) else bool(required)
    made.visible = parse(raw["visible_when"]) if raw.get("visible_when") else None
    made.computed = parse(raw["computed"]) if raw.get("computed") else None
    made.checks = tuple(_check(check) for check in raw.get("checks", []))
    choices = raw.get("options") or dictionaries.get(raw.get("options_from", ""), [])
    made.options = {o["value"]: Option(o["value"], o["label"], o.get("group", "")) for o in choices}
    made.options_group = raw.get("options_group", "")
    made.pattern = re.compile(raw["pattern"], re.ASCII) if raw.get("pattern") else None
    made.scale = 0 if made.type == "integer" else int(raw.get("scale", 2))
    made.least, made.above, made.most = (_bound(raw, key) for key in ("min", "exclusive_min", "max"))
    made.max_length = int(raw.get("max_length", 2000 if made.type == "textarea" else 500))
    made.columns = tuple(_field(column, dictionaries) for column in raw.get("columns", []))
    made.by_path = {column.path: column for column in made.columns}
    made.min_rows, made.max_rows = int(raw.get("min_rows", 0)), int(raw.get("max_rows", 200))
    return made


def _bound(raw: Mapping[str, Any], key: str) -> Decimal | None:
    return None if raw.get(key) is None else Decimal(str(raw[key]))


def _check(raw: Mapping[str, Any]) -> Check:
    is_error = raw.get("level", "error") == "error"
    return Check(parse(raw["rule"]), template(raw["message"]), is_error, raw.get("basis", ""))


def template(text: str) -> Template:
    """Parse a message with ``{expression}`` places."""
    pieces = PLACEHOLDER.split(text)
    return Template(tuple(parse(p) if i % 2 else p for i, p in enumerate(pieces)))

"""The form engine: one object for each definition, made once and used by many requests.

It has no state besides the compiled definition and is safe to share between threads.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from minfang.kernel.base.errors import FieldError
from minfang.kernel.expressions import ExpressionError
from minfang.kernel.forms.cells import is_empty
from minfang.kernel.forms.compiled import compile_form
from minfang.kernel.forms.definition import require_valid
from minfang.kernel.forms.difference import Change, changes
from minfang.kernel.forms.drafts import Draft, shaped
from minfang.kernel.forms.evaluation import Evaluation, Row, evaluate
from minfang.kernel.forms.findings import Finding, findings, unknown_item
from minfang.kernel.forms.formats import has_format
from minfang.kernel.forms.presentation import Section, sections
from minfang.kernel.forms.shape import json_schema

__all__ = ["Change", "Draft", "ExplainLine", "Finding", "FormEngine", "presentation"]


@dataclass(frozen=True, slots=True)
class ExplainLine:
    """One line of a calculation: ``quantity`` × ``factor`` = ``result`` by ``basis`` (document and place).

    ``kind`` is line, total or note; figures are texts as printed, '' where there is none.
    """

    label: str
    quantity: str = ""
    factor: str = ""
    result: str = ""
    basis: str = ""
    kind: str = "line"


class FormEngine:
    """Computes, validates and prints data of one form definition.

    ``functions`` are the domain functions its expressions and explanations name. Data are a flat mapping:
    scalars by path, sub-tables as lists of mappings. Only the constructor raises; no method does because
    of what the data hold.
    """

    def __init__(
        self, definition: dict[str, Any], functions: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        """Raises ``definition.FaultyDefinition`` when the definition is not one that could be published."""
        self.functions: dict[str, Callable[..., Any]] = {"has_format": has_format, **(functions or {})}
        require_valid(definition, self.functions.keys())
        self.definition = definition
        self.form = compile_form(definition)

    def evaluate(self, data: Any) -> Evaluation:
        """Visibility, computed values and faults of the data, for callers that need several of them."""
        return evaluate(self.form, data if isinstance(data, Mapping) else {}, self.functions)

    def compute(self, data: Any) -> dict[str, Any]:
        """The data with computed values filled in and right values in their kept form; nothing is removed."""
        seen = self.evaluate(data)
        result = dict(data) if isinstance(data, Mapping) else {}
        for path, value in seen.kept.items():
            if value is not None or path in result:
                result[path] = value
        return result

    def prune(self, data: Any) -> dict[str, Any]:
        """The data without hidden, empty and unknown values: what is submitted and kept."""
        seen = self.evaluate(data)
        result: dict[str, Any] = {}
        for f in seen.visible_fields(None):
            value = seen.kept.get(f.path)
            rows = seen.rows.get(f.path)
            if rows is not None and isinstance(value, list) and len(rows) == len(value):
                value = [_pruned_row(row, f.by_path.keys(), x) for row, x in zip(rows, value, strict=True)]
            if not is_empty(value):
                result[f.path] = value
        return result

    def findings(self, data: Any, step: str | None = None) -> list[Finding]:
        """Errors and warnings, with the document each rests on."""
        found: list[Finding] = []
        if not isinstance(data, Mapping):
            return [Finding("", "表单", "表单数据无法识别，请刷新页面后重试。")]
        if step is None:
            unknown = [key for key in data if key not in self.form.fields]
            found += [Finding("", "表单", unknown_item(key)) for key in unknown[:20]]
        return [*found, *findings(self.evaluate(data), step)]

    def validate(self, data: Any, step: str | None = None) -> list[FieldError]:
        """What must be put right before the step may be left or the form submitted; [] when all is well."""
        return [_field_error(f) for f in self.findings(data, step) if f.level == "error"]

    def warnings(self, data: Any, step: str | None = None) -> list[FieldError]:
        """What should be looked at again but does not stop the applicant."""
        return [_field_error(f) for f in self.findings(data, step) if f.level == "warning"]

    def check_draft(self, data: Any) -> Draft:
        """The data as a draft is stored: unknown keys dropped and listed, at most 1 MB, no validation."""
        return shaped(self.form, data)

    def explain(self, path: str, data: Any) -> list[ExplainLine]:
        """The calculation of a computed field line by line; [] if it has no explanation."""
        f = self.form.fields.get(path)
        function = self.functions.get(f.raw.get("explain", "")) if f else None
        if function is None:
            return []
        try:
            return list(function(self.evaluate(data).facts))
        except ExpressionError as error:
            return [ExplainLine(f"{error}", kind="note")]

    def diff(self, old: Any, new: Any) -> list[Change]:
        """What changed from one version of the data to another, hidden values counting as absent."""
        return changes(self.form, self.prune(old), self.prune(new))

    def json_schema(self) -> dict[str, Any]:
        """Shape of the data as JSON Schema 2020-12."""
        return json_schema(self.form, self.definition["title"])

    def presentation(self, data: Any, *, mask: bool = False) -> list[Section]:
        """Sections for print; ``mask`` hides the middle of personal data."""
        return sections(self.evaluate(data), self.definition, mask)


def _pruned_row(row: Row, known: Collection[str], line: Any) -> Any:
    if row.is_unreadable:
        return line
    kept = row.kept.items()
    return {k: v for k, v in kept if k in known and k not in row.hidden and not is_empty(v)}


def _field_error(found: Finding) -> FieldError:
    return FieldError(found.path, found.label, found.message)


def presentation(
    definition: dict[str, Any], data: Any, functions: Mapping[str, Callable[..., Any]] | None = None
) -> list[Section]:
    """Sections for print straight from a definition; callers with an engine use its method."""
    return FormEngine(definition, functions).presentation(data)

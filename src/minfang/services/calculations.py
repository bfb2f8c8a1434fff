"""Computed values explained, and how far each step of a form is filled in."""

from collections.abc import Iterable
from typing import Any

from minfang.kernel.forms.engine import ExplainLine as EngineLine
from minfang.kernel.forms.engine import FormEngine
from minfang.kernel.forms.wording import display
from minfang.services import materials
from minfang.services.matters import definition_of, engine_of
from minfang.services.models import Case, CaseMaterial, MaterialState
from minfang.services.schemas import Calculation, ExplainLine, StepState

MATERIALS_STEP = "materials"


def of_case(engine: FormEngine, data: dict[str, Any]) -> list[Calculation]:
    """Every computed value that can be unfolded, with its lines."""
    explained = [f.path for f in engine.form.fields.values() if f.raw.get("explain")]
    return [calculation(engine, path, data) for path in explained]


def calculation(engine: FormEngine, path: str, data: dict[str, Any]) -> Calculation:
    """How one computed value came about."""
    field = engine.form.fields[path]
    made = from_lines(path, engine.explain(path, data), field.raw.get("unit", ""))
    if not made.total:
        made.total = display(field, engine.compute(data).get(path))
    return made


def from_lines(path: str, lines: Iterable[EngineLine], unit: str) -> Calculation:
    """The lines of an explanation as pages show them: lines, one total, notes."""
    found = list(lines)
    total = next((line for line in found if line.kind == "total"), None)
    return Calculation(
        path=path,
        total=total.result if total else "",
        unit=unit,
        basis=total.basis if total else "",
        rule_version="",
        lines=[
            ExplainLine(label=x.label, base=x.quantity, ratio=x.factor, result=x.result, basis=x.basis)
            for x in found
            if x.kind == "line"
        ],
        notes=[line.label for line in found if line.kind == "note"],
    )


def handed_in(case: Case) -> list[CaseMaterial]:
    """The materials that count now."""
    return list(case.materials.exclude(state=MaterialState.REPLACED).select_related("file"))


def step_states(case: Case) -> list[StepState]:
    """Progress of every step: what is filled, what is missing or wrong."""
    engine, data = engine_of(case.matter_version_id), case.form_data
    present = handed_in(case)
    lacking = materials.missing(definition_of(case.matter_version_id), data, present)
    wrong = engine.validate(data)
    owner = {f.path: f.step for f in engine.form.fields.values()}
    states = []
    for step in engine.definition["steps"]:
        key = step["key"]
        if key == MATERIALS_STEP:
            filled, errors = len({m.code for m in present}), len(lacking)
        else:
            filled = sum(1 for p, s in owner.items() if s == key and data.get(p) not in (None, "", []))
            errors = sum(1 for e in wrong if owner.get(e.path.split(".")[0]) == key)
        state = "done" if errors == 0 else ("todo" if filled == 0 else "open")
        states.append(StepState(key=key, title=step["title"], filled=filled, errors=errors, state=state))
    return states


def label_of(engine: FormEngine, path: str, value: Any) -> str:
    """The words of a value: enum labels resolved; ``path`` may name a column (``use_mix.wartime_use``)."""
    name, _, column = path.partition(".")
    field = engine.form.fields.get(name)
    if field is not None and column:
        field = field.by_path.get(column)
    return display(field, value) if field is not None else str(value or "")

"""What is wrong or doubtful in an application: form, materials, declaration."""

from minfang.kernel.base.errors import FieldError
from minfang.services import calculations, materials
from minfang.services.matters import definition_of, engine_of
from minfang.services.models import Case


def application_code(case: Case) -> str:
    """The material line that the generated application form fills."""
    lines = definition_of(case.matter_version_id).materials
    return next((line["code"] for line in lines if materials.is_generated(line)), "")


def errors(case: Case, step: str = "") -> list[FieldError]:
    """Everything that stands in the way of submission, in the order of the form."""
    engine, data = engine_of(case.matter_version_id), case.form_data
    found: list[FieldError] = []
    if step != calculations.MATERIALS_STEP:
        found += engine.validate(data, step or None)
    if step in ("", calculations.MATERIALS_STEP):
        definition = definition_of(case.matter_version_id)
        found += materials.missing(definition, data, calculations.handed_in(case))
    return found


def warnings(case: Case, step: str = "") -> list[FieldError]:
    """What may be submitted but should be looked at."""
    return engine_of(case.matter_version_id).warnings(case.form_data, step or None)

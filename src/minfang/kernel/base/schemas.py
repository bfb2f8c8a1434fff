"""Shapes every HTTP room shares: parts of pages, and refusals."""

from typing import Any

from ninja import Schema as NinjaSchema
from pydantic import ModelWrapValidatorHandler, model_validator


class Schema(NinjaSchema):
    """A part of a page. Made of plain values and finished parts, it looks nothing up in the database."""

    @model_validator(mode="wrap")
    @classmethod
    def _run_root_validator(cls, values: Any, handler: ModelWrapValidatorHandler[Any], info: Any) -> Any:
        """Without the look-ups for database rows that ninja puts around every value, finished parts too."""
        return handler(values)


class ProblemField(Schema):
    path: str
    label: str
    message: str


class Problem(Schema):
    """Every refusal: stable code, Chinese message, next step, wrong fields, trace number."""

    code: str
    message: str
    hint: str
    fields: list[ProblemField]
    trace_id: str


PROBLEMS: dict[int, type[Problem]] = {
    400: Problem,
    401: Problem,
    403: Problem,
    404: Problem,
    409: Problem,
    422: Problem,
    429: Problem,
}
"""What any route may answer besides its own: ``response={200: Out, **PROBLEMS}``."""


class Option(Schema):
    value: str
    label: str

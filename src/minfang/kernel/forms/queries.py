"""Reading form definitions and the engines made from them."""

from collections.abc import Callable, Mapping
from typing import Any

from minfang.kernel.base.errors import not_found
from minfang.kernel.forms.engine import FormEngine
from minfang.kernel.forms.models import FormDefinition, FormState

_ENGINES_KEPT = 64
_engines: dict[tuple[str, int], FormEngine] = {}


def current(code: str) -> FormDefinition:
    """The version in force. Raises a refusal when the form was never published."""
    found = FormDefinition.objects.filter(code=code, state=FormState.PUBLISHED).order_by("-version").first()
    if found is None:
        raise not_found("该表单")
    return found


def engine_of(form: FormDefinition, functions: Mapping[str, Callable[..., Any]] | None = None) -> FormEngine:
    """The engine of a definition, compiled once per process for each set of functions.

    ``functions`` must be a mapping that lives as long as the process, such as a module constant.
    """
    key = (form.hash, id(functions))
    engine = _engines.get(key)
    if engine is None:
        engine = FormEngine(form.definition, functions)
        if len(_engines) >= _ENGINES_KEPT:
            _engines.clear()
        _engines[key] = engine
    return engine

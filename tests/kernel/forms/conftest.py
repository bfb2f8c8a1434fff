"""A small form that has one of everything, and the real application form with its samples."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from minfang.kernel.forms.engine import ExplainLine, FormEngine
from minfang.registry.form_functions import FUNCTIONS

MATTER = Path(__file__).parents[3] / "src/minfang/services/definitions/BASEMENT_SYNC"

SMALL: dict[str, Any] = json.loads(Path(__file__).with_name("small.json").read_text(encoding="utf-8"))


def _double(value: Any) -> Any:
    return None if value is None else Decimal(value) * 2


SMALL_FUNCTIONS = {
    "double": _double,
    "explain_total": lambda facts: [ExplainLine("合计", result=str(facts["total"]), kind="total")],
}
GOOD: dict[str, Any] = {
    "name": "一号地块",
    "kind": "A",
    "town": "1",
    "uses": [{"code": "A", "area": "100.00", "less": "20.00"}, {"code": "B", "area": "10.00"}],
    "planned": "180.00",
}


@pytest.fixture(scope="session")
def small() -> FormEngine:
    return FormEngine(SMALL, SMALL_FUNCTIONS)


@pytest.fixture(scope="session")
def basement() -> FormEngine:
    return FormEngine(json.loads((MATTER / "form.json").read_text(encoding="utf-8")), FUNCTIONS)


@pytest.fixture
def valid() -> dict[str, Any]:
    return json.loads((MATTER / "samples/valid.json").read_text(encoding="utf-8"))


@pytest.fixture
def minimal() -> dict[str, Any]:
    return json.loads((MATTER / "samples/minimal.json").read_text(encoding="utf-8"))


@pytest.fixture
def good() -> dict[str, Any]:
    return json.loads(json.dumps(GOOD))

"""Every event the product can record stands in the catalogue."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction

import minfang
from minfang.kernel.audit import catalogue
from minfang.kernel.audit.actions import record
from minfang.kernel.workflow.engine import VERBS

SOURCE = Path(minfang.__file__).parent
WRITERS = {"record", "record_reading"}


def written_codes() -> Iterator[tuple[str, str]]:
    """Code and place of every call that names its event by a literal."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            first = node.args[0]
            if name in WRITERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_every_recorded_event_is_in_the_catalogue() -> None:
    found = list(written_codes())
    assert len(found) > 40
    assert [place for place in found if not catalogue.knows(place[0])] == []


def test_every_verb_of_the_flow_is_in_the_catalogue() -> None:
    assert [verb for verb in VERBS if not catalogue.knows(f"workflow.{verb}")] == []


def test_every_event_has_words_and_a_category() -> None:
    for event in catalogue.events().values():
        assert event.name, event
        assert event.meaning, event
        assert event.category in catalogue.categories(), event


@pytest.mark.django_db
def test_a_code_nobody_described_is_refused(settings: object) -> None:
    settings.AUDIT_STRICT = True  # type: ignore[attr-defined]
    with pytest.raises(LookupError), transaction.atomic():
        record("case.nonsense", person=None, target="case:1", summary="?")

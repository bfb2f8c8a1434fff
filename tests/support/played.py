"""The demonstration's cases are played once a process: who asks again is given the same photographs.

Playing them takes ten seconds; several modules of tests begin with some of these cases.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

Shots = dict[str, Any]


def _world(play: Any) -> tuple[Any, ...]:
    """All that photographs refer to by its key: people, and the definitions they were played by."""
    from minfang.kernel.base import clock
    from minfang.kernel.documents.models import DocumentTemplate
    from minfang.kernel.workflow.models import ProcessDefinition
    from minfang.services.models import MatterVersion

    definitions = (
        tuple(model._base_manager.order_by("pk").values_list("pk", flat=True))
        for model in (MatterVersion, ProcessDefinition, DocumentTemplate)
    )
    return play.city, clock.today(), tuple(person.pk for person in play.cast.people()), *definitions


def once(perform: Callable[[Any], Shots]) -> Callable[[Any], Shots]:
    """``perform``, remembering what it gave in the same world."""
    given: dict[tuple[Any, ...], Shots] = {}

    def remembered(play: Any) -> Shots:
        world = _world(play)
        if world not in given:
            given[world] = perform(play)
        return dict(given[world])

    return remembered


@pytest.fixture(scope="session", autouse=True)
def _played_once() -> Iterator[None]:
    from minfang.sandbox.demo_cases import stage

    patch = pytest.MonkeyPatch()
    patch.setattr(stage, "perform", once(stage.perform))
    yield
    patch.undo()

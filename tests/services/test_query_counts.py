"""How many queries the pages officers live on cost; more cases on a desk cost no more queries."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.sandbox import demo, demo_cases
from minfang.services import case_filters, office_queries
from minfang.services.actions import publishing, seals
from minfang.services.models import Case

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("cases")]
DESK, LIST, CASE = 11, 5, 18
CASES = 60


@pytest.fixture(scope="module", autouse=True)
def cases(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[None]:
    """Some sixty cases without their papers, gone after this module."""
    folder: Path = tmp_path_factory.mktemp("counts")
    with django_db_blocker.unblock(), transaction.atomic():
        publishing.load_all()
        demo.ensure_accounts()
        demo_cases.ensure(CASES, folder, light=True)
        yield
        transaction.set_rollback(True)


def handler() -> Access:
    return Access(Person.objects.get(username="shen.jiahe"))


def count(work: Callable[[], object], at_most: int) -> None:
    """Run twice, count the second time: what is kept in memory is there by then."""
    work()
    with CaptureQueriesContext(connection) as seen:
        work()
    statements = "\n".join(query["sql"][:300] for query in seen.captured_queries)
    assert len(seen) == at_most, f"{len(seen)} queries instead of {at_most}:\n{statements}"


def test_the_desk() -> None:
    person = handler().person
    assert case_filters.of_tab(Access(person), "todo").count() == 18
    count(lambda: office_queries.desk(Access(person)), DESK)


@pytest.mark.parametrize("tab", ["todo", "done", "all"])
def test_the_list_whatever_its_length(tab: str) -> None:
    person = handler().person
    for size in (5, 20):
        wanted = {"tab": tab, "size": size, "sort": "urgent"}
        count(lambda wanted=wanted: office_queries.case_list(Access(person), wanted), LIST)  # type: ignore[misc]


def test_the_case_page() -> None:
    person = handler().person
    case = Case.objects.filter(instance__items__assignee=person, instance__items__state="OPEN").earliest("id")
    count(lambda: office_queries.office_case(Access(person), case.pk), CASE)


def test_counting_by_light_agrees_with_the_lights_shown() -> None:
    person = handler().person
    counts = office_queries.desk(Access(person)).counts
    for colour in ("RED", "YELLOW", "GREEN", "GREY"):
        shown = office_queries.case_list(Access(person), {"tab": "todo", "light": colour, "size": 50})
        assert shown.total == getattr(counts, colour.lower())
        assert {row.light.colour for row in shown.rows} == {colour}


def test_cases_written_in_bulk_carry_their_seals() -> None:
    assert seals.check() == 0

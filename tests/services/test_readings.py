"""Officers who see a case, and whoever takes a list away, leave a trace in the audit trail."""

from collections.abc import Callable
from typing import Any

import pytest

from minfang.kernel.audit import readings
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.iam.access import Access
from minfang.services.models import Case

pytestmark = pytest.mark.xdist_group("cases")


@pytest.fixture
def case(user: Callable[[str], Any]) -> Case:
    """Any case the officer may read."""
    person = user("shen.jiahe").person
    found = Case.objects.visible_to(Access(person)).first()
    if found is None:
        from minfang.sandbox import demo_cases

        demo_cases.ensure(6, light=True)
        found = Case.objects.visible_to(Access(person)).first()
    assert found is not None
    return found


def test_opening_a_case_is_an_event_with_the_role_used(user: Callable[[str], Any], case: Case) -> None:
    user("shen.jiahe").get(f"/office/cases/{case.pk}")
    seen = AuditEvent.objects.get(action="case.read")
    assert (seen.target, seen.actor_name) == (case.subject, user("shen.jiahe").person.name)
    assert seen.role


def test_readings_of_one_case_by_one_person_within_minutes_are_one(
    user: Callable[[str], Any], case: Case, django_capture_on_commit_callbacks: Any
) -> None:
    for name in ("shen.jiahe", "shen.jiahe", "fan.zhiyuan"):
        with django_capture_on_commit_callbacks(execute=True):
            user(name).get(f"/office/cases/{case.pk}")
    assert AuditEvent.objects.filter(action="case.read").count() == 2
    readings.forget()
    user("shen.jiahe").get(f"/office/cases/{case.pk}")
    assert AuditEvent.objects.filter(action="case.read").count() == 3


def test_taking_the_list_away_is_an_event_with_its_conditions(user: Callable[[str], Any]) -> None:
    user("shen.jiahe").get("/office/cases.xlsx?tab=all&keyword=民防")
    taken = AuditEvent.objects.get(action="export.dataset")
    assert taken.after["conditions"]["keyword"] == "民防"

"""Before a seal is put on and before lists go out, officers prove anew who they are (handbook B.12)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minfang.kernel.workflow.models import WorkItem
from minfang.sandbox import demo_cases
from minfang.services.models import Case

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("cases")]


def grow_stale(officer: Any, factor: str = "demo") -> None:
    """The last confirmation of this browser is long past."""
    held = officer.http.session
    held["proof"] = {**held["proof"], "confirmed": 0.0, "used": 0.0, "factors": [factor]}
    held.save()


def confirm(officer: Any) -> None:
    officer.post("/session/confirm", {"way": "demo"}, 204)


@pytest.mark.parametrize("path", ["/office/cases.xlsx", "/office/datasets/cases.xlsx?rows=district"])
def test_a_list_goes_out_only_after_a_confirmation(user: Callable[[str], Any], path: str) -> None:
    officer = user("shen.jiahe")
    grow_stale(officer)
    assert officer.get(path, 403)["code"] == "FRESH_AUTH_NEEDED"
    confirm(officer)
    assert officer.http.get(f"/api{path}").status_code in (200, 422)


def test_the_step_that_ends_in_a_seal_asks_first_and_changes_nothing_before(
    user: Callable[[str], Any], tmp_path: Path
) -> None:
    demo_cases.ensure(40, tmp_path, light=True)
    item = WorkItem.objects.filter(node="N50_APPROVE", state="OPEN").first()
    assert item is not None
    case = Case.objects.get(instance_id=item.instance_id)
    leaders = ("lu.wenyuan", "xu.hecheng", "du.heng")
    officer = next(one for one in map(user, leaders) if turn_of(one, case.pk))
    page = officer.get(f"/office/cases/{case.pk}")
    body = {
        "item_id": page["item_id"],
        "verb": "complete",
        "outcome": "APPROVE",
        "opinion": "同意。",
        "seen_version": page["item_version"],
    }
    grow_stale(officer)
    assert officer.post(f"/office/cases/{case.pk}/act", body, 403)["code"] == "FRESH_AUTH_NEEDED"
    assert WorkItem.objects.get(pk=item.pk).state == "OPEN"
    confirm(officer)
    officer.post(f"/office/cases/{case.pk}/act", body)
    assert WorkItem.objects.get(pk=item.pk).state != "OPEN"


def turn_of(officer: Any, case_id: int) -> bool:
    answer = officer.http.get(f"/api/office/cases/{case_id}")
    return answer.status_code == 200 and bool(answer.json()["item_id"])

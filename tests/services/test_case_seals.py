"""State and days of a case changed past the product are found, and nobody acts on them."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from django.db import connection
from PIL import Image
from tests.support import route_objects

from minfang.kernel.audit import alarms
from minfang.kernel.audit.models import AuditEvent, SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.services import case_findings, case_seals
from minfang.services.access import office_case
from minfang.services.actions import seals
from minfang.services.models import Case, MatterVersion

CHANGES = [
    "SET due_on = due_on + 30",
    "SET status = 'DONE'",
    "SET promise_due = '2099-01-01'",
    "SET district_code = '310199'",
    "SET mac = ''",
    "SET internal_no = NULL",
]


@pytest.fixture(autouse=True)
def _alarms_in_the_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alarms go the way of the test's own transaction, so that nothing of them stays."""

    @contextmanager
    def plain() -> Iterator[str]:
        yield "default"

    monkeypatch.setattr(alarms, "connection_of_its_own", plain)


def made(user: Callable[[str], Any], number: str) -> Case:
    """An accepted case of the city with days running, as the product writes it."""
    version = MatterVersion.objects.filter(matter__code="BASEMENT_SYNC").order_by("-version")[0]
    now = clock.now()
    case = Case.objects.create(
        internal_no=number,
        matter=version.matter,
        matter_version=version,
        applicant=user("gu.shuyan").person,
        organization=user("shen.jiahe").person.organization.office,
        district_code="310107",
        status="ACCEPTED",
        form_data={},
        query_password="",
        created_at=now,
        updated_at=now,
        submitted_at=now,
        due_on=date(2026, 12, 1),
        promise_due=date(2026, 12, 1),
    )
    return Case.objects.get(pk=case.pk)


def by_sql(change: str, case_id: int) -> None:
    """Change a row as somebody with the database's password would."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE svc_case {change} WHERE id = %s", [case_id])


def test_whatever_the_product_writes_carries_its_seal(user: Callable[[str], Any]) -> None:
    case = made(user, "SEAL-1")
    case.due_on, case.clock_days = date(2026, 12, 1), 7
    case.save()
    Case.objects.filter(pk=case.pk).update(is_paused=True, due_on=date(2026, 12, 2))
    fresh = Case.objects.get(pk=case.pk)
    fresh.legal_due = date(2026, 12, 24)
    fresh.save(update_fields=["legal_due"])
    fresh.due_on = date(2026, 12, 3)
    Case.objects.bulk_update([fresh], ["due_on"])
    stored = Case.objects.get(pk=case.pk)
    assert (stored.clock_days, stored.is_paused, stored.due_on) == (7, True, date(2026, 12, 3))
    Case.objects.bulk_create([Case(**{**_columns(stored), "internal_no": "SEAL-2"})])
    assert seals.check() == 0


def _columns(case: Case) -> dict[str, Any]:
    return {
        field.attname: getattr(case, field.attname)
        for field in Case._meta.concrete_fields
        if field.attname not in ("id", "mac")
    }


def test_a_change_past_the_product_is_found_and_named(user: Callable[[str], Any]) -> None:
    cases = [made(user, f"SEAL-{number}") for number in range(len(CHANGES))]
    assert seals.check() == 0
    for case, change in zip(cases, CHANGES, strict=True):
        by_sql(change, case.pk)
    assert seals.check() == len(CHANGES)
    found = SecurityAlarm.objects.filter(kind=case_seals.ALARM)
    assert {alarm.details["id"] for alarm in found} == {case.pk for case in cases}
    assert [finding.count for finding in case_findings.tampered_cases()] == [len(CHANGES)]


def test_no_writing_mends_a_broken_seal_by_the_way(user: Callable[[str], Any]) -> None:
    case = made(user, "SEAL-1")
    by_sql(CHANGES[0], case.pk)
    changed = Case.objects.get(pk=case.pk)
    changed.clock_days += 1
    with pytest.raises(Refusal):
        changed.save()
    with pytest.raises(Refusal):
        Case.objects.filter(pk=case.pk).update(is_paused=True)
    with pytest.raises(Refusal):
        office_case(Access(user("shen.jiahe").person), case.pk, lock=True)
    assert seals.check() == 1


def test_the_page_says_why_nothing_can_be_done_and_the_server_refuses(
    user: Callable[[str], Any],
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(picture, "PNG")
    place = route_objects.CASES["city"]
    case_id = route_objects._case("city", *place, picture.getvalue())["case_id"]
    officer = user("shen.jiahe")
    before = officer.get(f"/office/cases/{case_id}")
    by_sql("SET legal_due = '2099-01-01'", case_id)
    page = officer.get(f"/office/cases/{case_id}")
    assert (page["verbs"], page["blocked_reason"]) == ([], case_seals.TAMPERED)
    body = {
        "item_id": before["item_id"] or 1,
        "verb": "complete",
        "outcome": "PASS",
        "opinion": "同意。",
        "seen_version": before["item_version"] or 0,
    }
    answer = officer.post(f"/office/cases/{case_id}/act", body, status=409)
    assert answer["code"] == "ROW_TAMPERED"


def test_after_a_look_it_is_settled_with_a_reason_on_record(user: Callable[[str], Any]) -> None:
    case = made(user, "SEAL-1")
    with pytest.raises(Refusal):
        seals.settle("SEAL-1", reason="完好")
    by_sql(CHANGES[0], case.pk)
    seals.settle("SEAL-1", reason="对照审计日志，系维护人员误改")
    assert seals.check() == 0
    assert AuditEvent.objects.get(action="case.resealed").target == case.subject

"""Every change of somebody's roles needs two security administrators, and takes effect at once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from tests.kernel.administration.conftest import Office

from minfang.kernel.audit.models import AuditEvent, SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import policy, sessions
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.actions import grants
from minfang.kernel.iam.models import GrantRequest, Person, Role, RoleGrant, StaffSession
from minfang.kernel.iam.session_store import row_key

pytestmark = pytest.mark.django_db


def proposed(office: Office, body: dict[str, Any], by: str = "t.sec") -> int:
    status, row = office.browser(by).post("/grants/requests", body)
    assert status == 200, row
    number: int = row["id"]
    return number


def test_a_role_is_held_only_after_a_second_administrator_agrees(office: Office) -> None:
    number = proposed(office, office.proposal("t.officer", "section_head"))
    assert "section_head" not in Access(office.person("t.officer")).role_codes
    status, row = office.browser("t.sec2").post(f"/grants/requests/{number}/approve", {"note": "同意"})
    assert (status, row["state"]) == (200, "APPROVED")
    assert Access(office.person("t.officer")).role_codes == {"handler", "section_head"}
    event = AuditEvent.objects.get(action="grant.approve")
    assert event.before is not None
    assert event.after is not None
    assert event.before["roles"] == ["T-CITY:handler"]
    assert event.after["roles"] == ["T-CITY:handler", "T-CITY:section_head"]
    assert event.actor_id == office.person("t.sec2").pk


def test_a_role_is_taken_away_the_same_way_and_the_person_has_to_sign_in_again(office: Office) -> None:
    number = proposed(office, office.proposal("t.officer", "handler", "REMOVE"))
    status, _ = office.browser("t.sec2").post(f"/grants/requests/{number}/approve", {})
    assert status == 200
    assert Access(office.person("t.officer")).permissions == frozenset()


def test_sessions_of_the_person_end_when_their_roles_change(office: Office) -> None:
    officer = office.browser("t.officer")
    key = officer.http.session.session_key or ""
    now = clock.now()
    row = StaffSession.objects.create(
        person=officer.person,
        row_key=row_key(key),
        digest=sessions.digest_of(key),
        started_at=now,
        last_seen_at=now,
        how="口令",
    )
    assert officer.http.get("/api/account").status_code == 200
    number = proposed(office, office.proposal("t.officer", "section_head"))
    assert office.browser("t.sec2").post(f"/grants/requests/{number}/approve", {})[0] == 200
    assert officer.http.get("/api/account").status_code == 401
    row.refresh_from_db()
    assert (row.end_kind, row.end_note) == ("CHANGED", "您的角色已调整")


def test_setting_up_again_leaves_roles_alone_that_two_persons_have_changed(office: Office) -> None:
    number = proposed(office, office.proposal("t.officer", "handler", "REMOVE"))
    assert office.browser("t.sec2").post(f"/grants/requests/{number}/approve", {})[0] == 200
    iam.ensure_staff("t.officer", "t.officer", office.city, ["handler"])
    assert not office.person("t.officer").grants.exists()


def test_nobody_grants_to_themselves_nor_approves_their_own_proposal(office: Office) -> None:
    status, answer = office.browser("t.sec").post("/grants/requests", office.proposal("t.sec", "auditor"))
    assert (status, answer["code"]) == (403, "FORBIDDEN")
    number = proposed(office, office.proposal("t.officer", "director"))
    for verb in ("approve", "refuse"):
        status, _ = office.browser("t.sec").post(f"/grants/requests/{number}/{verb}", {"note": "自己"})
        assert status == 403
    assert not RoleGrant.objects.filter(role__code="director").exists()


def test_nobody_decides_about_themselves(office: Office) -> None:
    number = proposed(office, office.proposal("t.sec3", "sec_admin", office=office.district))
    status, _ = office.browser("t.sec3").post(f"/grants/requests/{number}/approve", {})
    assert status == 403


def test_the_database_too_refuses_an_approval_by_one_person(office: Office) -> None:
    number = proposed(office, office.proposal("t.officer", "director"))
    row = GrantRequest.objects.get(pk=number)
    for decider in (row.proposed_by_id, row.person_id, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            GrantRequest.objects.filter(pk=number).update(state="APPROVED", decided_by=decider)
    with pytest.raises(IntegrityError), transaction.atomic():
        GrantRequest.objects.filter(pk=number).update(person=row.proposed_by_id)


@pytest.mark.parametrize(
    ("username", "role"),
    [
        ("t.officer", "sys_admin"),
        ("t.officer", "sec_admin"),
        ("t.officer", "auditor"),
        ("t.sys", "handler"),
        ("t.sys", "sec_admin"),
        ("t.sys", "auditor"),
        ("t.sec3", "sys_admin"),
        ("t.sec3", "auditor"),
        ("t.sec3", "handler"),
        ("t.audit", "sys_admin"),
        ("t.audit", "sec_admin"),
        ("t.audit", "handler"),
    ],
)
def test_roles_of_two_families_are_refused_with_a_reason(office: Office, username: str, role: str) -> None:
    status, answer = office.browser("t.sec").post("/grants/requests", office.proposal(username, role))
    assert (status, answer["code"]) == (422, "INVALID")
    assert "不能兼任" in answer["fields"][0]["message"]


def test_families_are_looked_at_again_when_the_proposal_is_decided(office: Office) -> None:
    person = Person.objects.create(username="t.new", name="新人", kind="STAFF", organization=office.city)
    first = proposed(office, office.proposal("t.new", "handler"))
    second = proposed(office, office.proposal("t.new", "auditor"))
    assert office.browser("t.sec2").post(f"/grants/requests/{first}/approve", {})[0] == 200
    assert office.browser("t.sec2").post(f"/grants/requests/{second}/approve", {})[0] == 422
    assert Access(Person.objects.get(pk=person.pk)).role_codes == {"handler"}


def test_two_security_administrators_always_remain(office: Office) -> None:
    number = proposed(office, office.proposal("t.sec3", "sec_admin", "REMOVE"))
    assert office.browser("t.sec2").post(f"/grants/requests/{number}/approve", {})[0] == 200
    status, answer = office.browser("t.sec").post(
        "/grants/requests", office.proposal("t.sec2", "sec_admin", "REMOVE")
    )
    assert (status, answer["code"]) == (409, "TOO_FEW_ADMINISTRATORS")


def test_one_change_waits_once(office: Office) -> None:
    body = office.proposal("t.officer", "section_head")
    number = proposed(office, body)
    assert office.browser("t.sec2").post("/grants/requests", body)[0] == 409
    assert office.browser("t.sec").post(f"/grants/requests/{number}/withdraw")[0] == 200
    assert proposed(office, body) != number


def test_a_proposal_without_a_reason_is_not_taken(office: Office) -> None:
    body = {**office.proposal("t.officer", "section_head"), "reason": "   "}
    assert office.browser("t.sec").post("/grants/requests", body)[0] == 422


def test_a_refusal_says_why_and_changes_nothing(office: Office) -> None:
    number = proposed(office, office.proposal("t.officer", "section_head"))
    other = office.browser("t.sec2")
    assert other.post(f"/grants/requests/{number}/refuse", {"note": ""})[0] == 422
    assert other.post(f"/grants/requests/{number}/refuse", {"note": "不符合岗位"})[1]["state"] == "REFUSED"
    assert other.post(f"/grants/requests/{number}/approve", {})[0] == 409
    assert not RoleGrant.objects.filter(role__code="section_head").exists()


def test_a_proposal_nobody_decides_expires(office: Office) -> None:
    number = proposed(office, office.proposal("t.officer", "section_head"))
    later = clock.now() + timedelta(days=policy.current().grant_request_days, minutes=1)
    with clock.moved_to(later):
        assert office.browser("t.sec2").post(f"/grants/requests/{number}/approve", {})[0] == 409
        assert grants.expire_grant_requests() == 1
    assert GrantRequest.objects.get(pk=number).state == "EXPIRED"


@pytest.mark.django_db(transaction=True)
def test_a_proposal_written_past_the_product_is_never_put_into_effect(office: Office) -> None:
    number = proposed(office, office.proposal("t.officer", "section_head"))
    GrantRequest.objects.filter(pk=number).update(role=Role.objects.get(code="director"))
    status, answer = office.browser("t.sec2").post(f"/grants/requests/{number}/approve", {})
    assert (status, answer["code"]) == (403, "ROW_TAMPERED")
    assert SecurityAlarm.objects.filter(kind="row.tampered").exists()


def test_the_list_shows_each_reader_what_they_may_decide(office: Office) -> None:
    proposed(office, office.proposal("t.officer", "section_head"))
    for reader, may in (("t.sec", False), ("t.sec2", True)):
        page = office.browser(reader).get("/grants/requests?state=WAITING")
        assert (page["waiting"], page["rows"][0]["may_decide"]) == (1, may)
    held = office.browser("t.sec").get("/grants?keyword=t.officer")
    assert [(row["role"], row["office"]) for row in held["rows"]] == [("经办人", "市办")]


def test_roles_are_read_in_words(office: Office) -> None:
    roles = {row["code"]: row for row in office.browser("t.sec").get("/grants/roles")}
    assert roles["sec_admin"]["holder_count"] == 3
    unworded = [p for role in roles.values() for p in role["permissions"] if p["name"] == p["code"]]
    assert unworded == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_approve_at_once_one_is_told_it_is_decided(office: Office) -> None:
    number = proposed(office, office.proposal("t.officer", "section_head"))
    deciders = [office.person("t.sec2"), office.person("t.sec3")]
    barrier, outcomes = threading.Barrier(2), []

    def decide(by: Person) -> None:
        barrier.wait()
        try:
            grants.approve_grant(number, by=by)
            outcomes.append("done")
        except Exception as error:
            outcomes.append(getattr(error, "code", repr(error)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(person,)) for person in deciders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["STALE", "done"]
    assert RoleGrant.objects.filter(role__code="section_head").count() == 1
    assert connection.vendor

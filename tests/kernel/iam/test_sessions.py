"""Sessions run out, are one a member of staff, change their id, and end on the server (B.8, B.9, B.59)."""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from tests.kernel.iam.support import Browser, staff, with_generator

from minfang.kernel.base import clock
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import policy, sessions
from minfang.kernel.iam.actions.sessions import sweep
from minfang.kernel.iam.models import Person, StaffSession
from minfang.kernel.iam.session_store import SessionStore, row_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Person:
    return staff()


@pytest.fixture
def secret(person: Person) -> str:
    return with_generator(person)


def signed_in(secret: str, address: str = "10.0.0.1") -> Browser:
    browser = Browser(REMOTE_ADDR=address)
    assert browser.password() == 200
    assert browser.code(secret) == 200, browser.body
    return browser


def later(**length: float) -> AbstractContextManager[None]:
    return clock.moved_to(clock.now() + timedelta(**length))


def test_a_session_of_staff_ends_after_fifteen_idle_minutes_and_says_so(secret: str) -> None:
    browser = signed_in(secret)
    for minutes in (14, 28, 42):
        with later(minutes=minutes):
            assert browser.get("/account") == 200
    with later(minutes=58):
        assert browser.get("/account") == 401
        assert "无操作" in browser.body["message"]
    assert StaffSession.objects.get().end_kind == "IDLE"
    assert not Session.objects.filter(session_key=row_key(browser.key)).exists()


def test_requests_the_page_makes_by_itself_do_not_keep_a_session_alive(secret: str) -> None:
    browser = signed_in(secret)
    with later(minutes=10):
        browser.http.get("/api/account", headers={"X-Background": "1"})
    with later(minutes=16):
        assert browser.get("/account") == 401


def test_a_session_lasts_eight_hours_at_most(secret: str) -> None:
    browser = signed_in(secret)
    for minutes in range(10, 480, 10):
        with later(minutes=minutes):
            assert browser.get("/session") == 200
    with later(minutes=481):
        assert browser.get("/account") == 401
        assert "最长" in browser.body["message"]


def test_a_new_sign_in_ends_the_old_one_and_the_old_place_is_told_when_and_where(
    person: Person, secret: str
) -> None:
    old = signed_in(secret, "10.0.0.1")
    with later(minutes=2):
        new = signed_in(secret, "10.0.0.2")
        assert new.get("/account") == 200
        key = old.key
        assert old.get("/session") == 200
        assert "10.0.0.2" in old.body["notice"]
        old.http.cookies["minfang_session"] = key
        assert old.get("/account") == 401
        assert old.body["code"] == "SESSION_ENDED"
        assert "10.0.0.2" in old.body["message"]
    assert [row.end_kind for row in StaffSession.objects.order_by("id")] == ["REPLACED", ""]


def test_somebody_who_knows_only_the_password_does_not_end_the_session(secret: str) -> None:
    browser = signed_in(secret)
    assert Browser().password() == 200
    assert browser.get("/account") == 200


def test_the_session_id_changes_at_each_step_of_signing_in(secret: str) -> None:
    browser = Browser()
    browser.get("/session")
    browser.password()
    first = browser.key
    browser.code(secret)
    assert browser.key != first
    assert not Session.objects.filter(session_key=row_key(first)).exists()
    cookie = browser.http.cookies["minfang_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_nothing_in_the_tables_of_sessions_can_be_sent_as_a_cookie(secret: str) -> None:
    browser = signed_in(secret)
    assert browser.get("/account") == 200
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s::text FROM django_session s UNION ALL SELECT s::text FROM iam_staff_session s"
        )
        rows = [text for (text,) in cursor.fetchall()]
    assert [text for text in rows if browser.key in text] == []
    assert len(rows) == 2
    thief = Browser()
    for name in (Session.objects.get().session_key, StaffSession.objects.get().digest):
        thief.http.cookies["minfang_session"] = name
        assert thief.get("/account") == 401


def test_signing_out_removes_the_session_on_the_server(secret: str) -> None:
    browser = signed_in(secret)
    key = browser.key
    assert browser.call("DELETE", "/session") == 204
    browser.http.cookies["minfang_session"] = key
    assert browser.get("/account") == 401
    assert StaffSession.objects.get().end_kind == "SIGNED_OUT"


def test_the_security_administrator_ends_a_session_and_its_person_learns_who_did(
    person: Person, secret: str
) -> None:
    browser = signed_in(secret)
    by = staff("sec", "甄安全")
    iam.end_session(sessions.open_sessions().get(person=person), by=by, reason="异常登录")
    assert browser.get("/account") == 401
    assert "甄安全" in browser.body["message"]
    assert "异常登录" in browser.body["message"]


def test_one_ends_ones_own_session_elsewhere(person: Person, secret: str) -> None:
    asked = iam.propose_policy("single_session", False, by=staff("sec", "安全管理员"), reason="试验")
    iam.approve_policy(asked.pk, by=staff("sec2", "安全复核员"))
    old = signed_in(secret)
    with later(minutes=1):
        new = signed_in(secret, "10.0.0.2")
        new.get("/account")
        other = next(row for row in new.body["sessions"] if not row["current"])
        assert new.call("DELETE", f"/account/sessions/{other['id']}") == 204
        assert old.get("/account") == 401
        assert new.get("/account") == 200


def test_nobody_ends_somebody_elses_session(secret: str, person: Person) -> None:
    browser = signed_in(secret)
    other = Browser()
    with_other = with_generator(staff("wang.wu", "王五"))
    other.password("wang.wu")
    other.code(with_other)
    row = sessions.open_sessions().get(person=person)
    assert other.call("DELETE", f"/account/sessions/{row.pk}") == 404
    assert browser.get("/account") == 200


def test_an_applicant_may_be_idle_for_an_hour() -> None:
    applicant = Person.objects.create(username="gu", name="顾", kind="APPLICANT")
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.session, request.user = SessionStore(), applicant
    limits = policy.current()
    from minfang.kernel.iam.proof import Proof, now_seconds

    held = Proof(now_seconds(), now_seconds(), "一网通办", complete=True)
    with later(minutes=limits.applicant_idle_minutes - 1):
        assert sessions.run_out(applicant, held) is None
    with later(minutes=limits.applicant_idle_minutes + 1):
        assert sessions.run_out(applicant, held) is not None


def test_sessions_nobody_comes_back_to_are_closed_by_the_background_process(secret: str) -> None:
    signed_in(secret)
    with later(minutes=20):
        assert sweep() == 1
    assert sessions.open_sessions().count() == 0

"""What passwords have to be, how they are kept, when they have to be changed (security handbook B.1-B.4)."""

from datetime import timedelta

import pytest
from django.test import Client
from tests.kernel.iam.support import GOOD, Browser, staff, with_generator
from tests.project.test_routes import fill, routes

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import passwords
from minfang.kernel.iam.hashers import LEAST_ROUNDS, PBKDF2SM3PasswordHasher
from minfang.kernel.iam.models import FormerPassword, Person, PersonKind

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("Short-7a", "长度"),
        ("a" * 100 + "B7-" + "c" * 40, "长度"),
        ("onlylowercaseletters", "至少包含"),
        ("lowercase12345678", "至少包含"),
        ("My-li.si-password-7", "用户名或手机号"),
        ("Kept-13800000188-x", "用户名或手机号"),
        ("P@ssw0rd!20262026", "常见"),
        ("Shanghai@123456", "常见"),
        ("Aa1!Aa1!Aa1!Aa1!", "常见"),
    ],
)
def test_a_bad_password_is_refused_with_its_reason(raw: str, reason: str) -> None:
    person = staff(mobile="13800000188")
    assert any(reason in text for text in passwords.problems(person, raw))


@pytest.mark.parametrize("raw", ["Correct-Horse-7", "民防Abc加长口令2026x", "tr0ub4dor&3-Kestrel"])
def test_a_good_password_is_taken(raw: str) -> None:
    assert passwords.problems(staff(), raw) == []


def test_none_of_the_last_five_passwords_comes_back() -> None:
    person = staff()
    used = [GOOD, *(f"Another-Kestrel-{n}" for n in range(2, 6))]
    for raw in used[1:]:
        iam.change_password(person, raw)
    assert all(passwords.problems(person, raw) for raw in used)
    iam.change_password(person, "Another-Kestrel-6")
    assert passwords.problems(person, GOOD) == []
    assert FormerPassword.objects.filter(person=person).count() <= 5


def test_at_rest_there_is_pbkdf2_with_sm3_and_a_salt_of_its_own(settings: object) -> None:
    one, other = staff(), staff("wang.wu", "王五")
    assert one.password.startswith("pbkdf2_sm3$")
    assert one.password != other.password
    settings.PASSWORD_ROUNDS = LEAST_ROUNDS  # type: ignore[attr-defined]
    algorithm, rounds, _, _ = PBKDF2SM3PasswordHasher().encode("x", "salt").split("$")
    assert (algorithm, int(rounds) >= 400_000) == ("pbkdf2_sm3", True)


def test_an_older_hash_is_made_anew_at_sign_in(settings: object) -> None:
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    person = staff()
    person.password = PBKDF2PasswordHasher().encode(GOOD, "salt", 1000)
    person.save()
    assert Browser().password() == 200
    person.refresh_from_db()
    assert person.password.startswith("pbkdf2_sm3$")
    assert Browser().password() == 200


def test_a_name_is_unique_whatever_its_case_and_spaces_and_never_given_again() -> None:
    first = Person.objects.create(username="A.Bao", name="甲", kind=PersonKind.STAFF)
    assert first.username == "a.bao"
    for again in ("a.bao", "A.BAO ", " a. bao", "ａ.bao"):
        with pytest.raises(Refusal, match="NAME_TAKEN"):
            Person.objects.create(username=again, name="乙", kind=PersonKind.STAFF)
    first.delete()
    with pytest.raises(Refusal, match="NAME_TAKEN"):
        Person.objects.create(username="a.bao", name="乙", kind=PersonKind.STAFF)


def signed_in_with_password() -> tuple[Browser, Person]:
    person = staff()
    secret = with_generator(person)
    browser = Browser()
    browser.password()
    assert browser.code(secret) == 200
    return browser, person


def refused_everywhere(client: Client, code: str) -> None:
    for method, address, permission in routes():
        if permission in ("public", "signing_in"):
            continue
        answer = client.generic(method, fill(address), "{}", content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, code), (method, address)


def test_a_password_past_its_days_has_to_be_changed_before_anything_else() -> None:
    person = staff()
    secret = with_generator(person)
    with clock.moved_to(clock.now() + timedelta(days=91)):
        browser = Browser()
        browser.password()
        assert browser.code(secret) == 200
        assert (browser.body["signed_in"], browser.body["step"]) == (False, "password")
        refused_everywhere(browser.http, "PASSWORD_CHANGE_NEEDED")
        body = {"old": GOOD, "new": "Another-Kestrel-2"}
        assert browser.post("/session/new-password", body) == 200
        assert browser.body["signed_in"]
        assert browser.get("/account") == 200


def test_after_a_reset_the_one_time_password_has_to_be_changed() -> None:
    person, by = staff(), staff("sys", "系统管理员")
    secret = with_generator(person)
    one_time = iam.reset_password(person, by=by, reason="忘记口令")
    browser = Browser()
    assert browser.password(password=GOOD) == 401
    assert browser.password(password=one_time) == 200
    assert browser.code(secret) == 200
    assert browser.get("/account") == 403
    assert browser.body["code"] == "PASSWORD_CHANGE_NEEDED"
    assert browser.post("/session/new-password", {"old": one_time, "new": one_time}) == 422
    assert browser.post("/session/new-password", {"old": one_time, "new": "Another-Kestrel-2"}) == 200
    assert browser.get("/account") == 200


def test_changing_the_password_needs_the_old_one_and_ends_other_sessions() -> None:
    browser, person = signed_in_with_password()
    assert browser.post("/session/new-password", {"old": "wrong", "new": "Another-Kestrel-2"}) == 401
    before = browser.key
    assert browser.post("/session/new-password", {"old": GOOD, "new": "Another-Kestrel-2"}) == 200
    assert browser.key != before
    assert browser.get("/account") == 200
    assert person.staff_sessions.filter(ended_at=None).count() == 1


def test_staff_are_found_again_whatever_the_case_of_their_name() -> None:
    office = iam.ensure_organization(
        "X-1", name="试验处", short_name="试验", kind="MUNICIPAL_OFFICE", district_code="310000"
    )
    first = iam.ensure_staff("Qian.Er", "钱二", office, [])
    assert iam.ensure_staff("qian.er ", "钱贰", office, []).pk == first.pk

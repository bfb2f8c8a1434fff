"""Acts of weight ask for a confirmation of identity once, not for each of ten papers (B.12)."""

from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from tests.kernel.iam.support import GOOD, Browser, staff, with_generator

from minfang.kernel.base import clock
from minfang.kernel.iam import totp
from minfang.kernel.iam.models import Person

pytestmark = pytest.mark.django_db


def later(**length: float) -> AbstractContextManager[None]:
    return clock.moved_to(clock.now() + timedelta(**length))


@pytest.fixture
def person() -> Person:
    return staff()


@pytest.fixture
def browser(person: Person) -> Browser:
    browser = Browser()
    secret = with_generator(person)
    browser.password()
    assert browser.code(secret) == 200
    return browser


def act(browser: Browser) -> tuple[int, str]:
    """An act of weight: taking off the code generator, refused in the end for another reason."""
    status = browser.call("DELETE", "/account/totp")
    return status, browser.body["code"]


def test_a_sign_in_counts_as_confirmation_for_five_minutes(browser: Browser) -> None:
    with later(minutes=4):
        assert act(browser) == (409, "LAST_FACTOR")
    with later(minutes=14):
        assert act(browser) == (403, "FRESH_AUTH_NEEDED")


def test_each_act_prolongs_it_up_to_half_an_hour(browser: Browser) -> None:
    for minutes in range(4, 31, 4):
        with later(minutes=minutes):
            assert act(browser) == (409, "LAST_FACTOR"), minutes
    with later(minutes=31):
        assert act(browser) == (403, "FRESH_AUTH_NEEDED")


@pytest.mark.parametrize("way", ["password", "totp"])
def test_it_is_given_by_password_or_code_and_the_act_goes_through(
    browser: Browser, person: Person, way: str
) -> None:
    with later(minutes=10):
        assert act(browser) == (403, "FRESH_AUTH_NEEDED")
        right = {"password": GOOD, "code": totp.code_at(person.totp.secret, totp.step_now())}
        wrong = {"password": "wrong", "code": "000000"}
        assert browser.post("/session/confirm", {"way": way, **wrong}) == 401
        assert act(browser) == (403, "FRESH_AUTH_NEEDED")
        assert browser.post("/session/confirm", {"way": way, **right}) == 204
        assert act(browser) == (409, "LAST_FACTOR")


def test_one_click_confirms_only_a_session_begun_by_one_click(browser: Browser) -> None:
    assert browser.post("/session/confirm", {"way": "demo"}) == 422


def test_wrong_confirmations_lock_the_account(browser: Browser) -> None:
    for _ in range(5):
        assert browser.post("/session/confirm", {"way": "password", "password": "wrong"}) == 401
    assert browser.post("/session/confirm", {"way": "password", "password": GOOD}) == 401

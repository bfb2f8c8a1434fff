"""Failed proofs lock a name and an address, and nobody can tell why a proof was refused (B.5, B.6)."""

import time
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from tests.kernel.iam.support import GOOD, Browser, staff, with_generator

from minfang.kernel.audit.models import AuditEvent, SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.iam import actions as iam
from minfang.kernel.iam import lockout, totp
from minfang.kernel.iam.models import CounterKind

pytestmark = pytest.mark.django_db


def answers(*tries: tuple[str, str]) -> list[int]:
    return [Browser().password(name, raw) for name, raw in tries]


def test_five_failures_lock_a_name_even_for_the_right_password_and_a_while_later_it_is_free() -> None:
    staff()
    assert answers(*[("li.si", "wrong")] * 5) == [401] * 5
    assert Browser().password() == 401
    assert Browser().password(" LI.SI ") == 401
    with clock.moved_to(clock.now() + timedelta(minutes=14)):
        assert Browser().password() == 401
    with clock.moved_to(clock.now() + timedelta(minutes=31)):
        assert Browser().password() == 200


def test_a_lock_is_in_the_trail_and_raises_an_alarm() -> None:
    staff()
    answers(*[("li.si", "wrong")] * 5)
    assert AuditEvent.objects.filter(action="session.locked").count() == 1
    alarm = SecurityAlarm.objects.get(kind="sign_in.locked", target="name:li.si")
    assert alarm.details["address"] == "127.0.0.1"


def test_the_security_administrator_unlocks_and_that_is_in_the_trail() -> None:
    person, by = staff(), staff("sec", "安全管理员")
    answers(*[("li.si", "wrong")] * 5)
    assert lockout.locked(CounterKind.NAME, "li.si")
    iam.unlock(person, by=by, reason="本人到场核实")
    assert Browser().password() == 200
    assert AuditEvent.objects.get(action="session.unlocked").reason == "本人到场核实"


def test_wrong_codes_count_against_the_same_lock_and_the_right_password_does_not_clear_it() -> None:
    secret = with_generator(staff())
    wrong = totp.code_at(secret, totp.step_now() - 50)
    for _ in range(5):
        browser = Browser()
        assert browser.password() == 200
        assert browser.post("/session/totp", {"code": wrong}) == 401
    assert Browser().password() == 401
    assert browser.code(secret) == 401


def test_unknown_wrong_and_locked_get_one_answer() -> None:
    staff()
    staff("locked.one", "锁定者")
    answers(*[("locked.one", "wrong")] * 5)
    bodies = []
    for name, raw in (("nobody", "x"), ("li.si", "wrong"), ("locked.one", GOOD), ("", "")):
        browser = Browser()
        assert browser.password(name, raw) == 401
        bodies.append({key: value for key, value in browser.body.items() if key != "trace_id"})
    assert all(body == bodies[0] for body in bodies)


def test_unknown_wrong_and_locked_take_about_the_same_time(settings: Any) -> None:
    settings.PASSWORD_ROUNDS = 60_000
    staff()
    staff("locked.one", "锁定者")
    for _ in range(5):
        iam_refused("locked.one", "wrong")
    spent = {
        name: median(iam_refused(name, GOOD + "x") for _ in range(3)) for name in ("nobody", "locked.one")
    }
    spent["li.si"] = median(iam_refused("li.si", "wrong") for _ in range(3))
    assert max(spent.values()) < 2.5 * min(spent.values()), spent


def iam_refused(name: str, raw: str) -> float:
    start = time.thread_time()  # of this thread alone: other tests on the machine do not count
    assert Browser().password(name, raw) == 401
    return time.thread_time() - start


def test_thirty_failures_lock_an_address_for_every_name_and_no_other_address() -> None:
    staff()
    for n in range(30):
        assert Browser(REMOTE_ADDR="10.1.2.3").password(f"guess.{n}", "wrong") == 401
    assert Browser(REMOTE_ADDR="10.1.2.3").password() == 429
    assert Browser(REMOTE_ADDR="10.1.2.4").password() == 200


def test_right_tries_do_not_add_up_to_a_lock() -> None:
    staff()
    assert answers(*[("li.si", GOOD)] * 7) == [200] * 7
    assert answers(*[("li.si", "wrong")] * 4) == [401] * 4
    assert Browser().password() == 200

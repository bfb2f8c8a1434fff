"""The system administrator keeps accounts and grants nothing; personal numbers need a reason to be read."""

from datetime import timedelta
from typing import Any

import pytest
from tests.kernel.administration.conftest import Office

from minfang.kernel.audit.models import AuditEvent, SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.actions.accounts import disable_unused
from minfang.kernel.iam.models import CounterKind, Person, ProofCounter

pytestmark = pytest.mark.django_db
REASON = {"reason": "本人书面申请"}


def new_account(office: Office, **more: Any) -> tuple[int, Any]:
    body = {
        "username": "New.Colleague",
        "name": "新同事",
        "organization_id": office.city.pk,
        "mobile": "13900008888",
        **REASON,
        **more,
    }
    return office.browser("t.sys").post("/people", body)


def test_a_new_account_has_no_role_and_a_password_shown_once(office: Office) -> None:
    status, made = new_account(office)
    assert status == 200, made
    person = Person.objects.get(pk=made["account"]["id"])
    assert (person.username, person.must_change_password) == ("new.colleague", True)
    assert person.check_password(made["password"])
    assert Access(person).permissions == frozenset()
    assert made["password"] not in str(list(AuditEvent.objects.values()))
    assert made["password"] not in str(office.browser("t.sys").get(f"/people/{person.pk}"))


def test_a_name_is_given_once_whatever_the_case(office: Office) -> None:
    assert new_account(office)[0] == 200
    assert new_account(office, username="NEW.colleague ")[0] == 409


def test_lists_mask_personal_numbers_and_full_ones_need_a_reason_that_is_kept(office: Office) -> None:
    officer = office.person("t.officer")
    officer.id_no = "310107198803151234"
    officer.save()
    browser = office.browser("t.sys")
    row = next(row for row in browser.get("/people")["rows"] if row["id"] == officer.pk)
    assert row["mobile"] == "138****1234"
    assert browser.get(f"/people/{officer.pk}")["id_no"] == "310***********1234"
    assert browser.post(f"/people/{officer.pk}/unmask", {"reason": ""})[0] == 422
    assert not AuditEvent.objects.filter(action="person.unmask").exists()
    status, full = browser.post(f"/people/{officer.pk}/unmask", {"reason": "核对身份"})
    assert (status, full) == (200, {"mobile": "13800001234", "id_no": "310107198803151234"})
    event = AuditEvent.objects.get(action="person.unmask")
    assert (event.reason, event.actor_id) == ("核对身份", browser.person.pk)
    assert office.browser("t.sec").post(f"/people/{officer.pk}/unmask", {"reason": "核对身份"})[0] == 403


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role=handler", {"t.officer"}),
        ("role=sys_admin", {"t.sys"}),
        ("state=DISABLED", {"t.audit"}),
        ("state=LOCKED", {"t.sec3"}),
        ("keyword=sec2", {"t.sec2"}),
    ],
)
def test_the_list_is_filtered(office: Office, query: str, expected: set[str]) -> None:
    Person.objects.get(username="t.audit")
    audit = office.person("t.audit")
    audit.is_active = False
    audit.save(update_fields=["is_active"])
    now = clock.now()
    ProofCounter.objects.create(
        kind=CounterKind.NAME, subject="t.sec3", since=now, locked_until=now + timedelta(minutes=5)
    )
    found = office.browser("t.sys").get(f"/people?{query}&size=100")
    assert {row["username"] for row in found["rows"]} == expected
    assert found["total"] == len(expected)


def test_accounts_nobody_has_used_are_found(office: Office) -> None:
    browser = office.browser("t.sys")
    names = {row["username"] for row in browser.get("/people?unused=true&size=100")["rows"]}
    assert "t.officer" in names
    assert "t.sys" not in names


def test_a_disabled_account_is_out_at_once_and_comes_back_with_its_roles(office: Office) -> None:
    officer = office.browser("t.officer")
    path = f"/people/{officer.person.pk}"
    status, shown = office.browser("t.sys").post(f"{path}/disable", {"reason": "离岗"})
    assert (status, shown["state"], shown["reason"]) == (200, "DISABLED", "离岗")
    assert officer.http.get("/api/office/desk").status_code == 401
    assert office.browser("t.sys").post(f"{path}/disable", {"reason": "再次"})[0] == 409
    assert office.browser("t.sys").post(f"{path}/enable", {"reason": "返岗"})[1]["state"] == "ACTIVE"
    assert Access(office.person("t.officer")).role_codes == {"handler"}


def test_nobody_closes_their_own_account_or_the_last_of_a_kind(office: Office) -> None:
    browser = office.browser("t.sys")
    assert browser.post(f"/people/{browser.person.pk}/disable", REASON)[0] == 403
    last = office.person("t.audit")
    assert browser.post(f"/people/{last.pk}/disable", REASON)[1]["code"] == "TOO_FEW_ADMINISTRATORS"


def test_accounts_nobody_uses_are_disabled_but_never_the_last_administrators(office: Office) -> None:
    assert disable_unused() == 0
    with clock.moved_to(clock.now() + timedelta(days=91)):
        assert disable_unused() == 2
    closed = set(Person.objects.filter(is_active=False).values_list("username", flat=True))
    assert "t.officer" in closed
    assert len(closed & {"t.sec", "t.sec2", "t.sec3"}) == 1
    assert SecurityAlarm.objects.filter(kind="account.unused").count() == 4
    assert AuditEvent.objects.filter(action="person.disable", reason__contains="长期未使用").count() == 2


def test_a_restored_account_is_not_disabled_again_the_next_night(office: Office) -> None:
    officer = office.person("t.officer")
    with clock.moved_to(clock.now() + timedelta(days=91)):
        disable_unused()
        assert office.browser("t.sys").post(f"/people/{officer.pk}/enable", REASON)[0] == 200
        disable_unused()
    assert office.person("t.officer").is_active


def test_resetting_an_administrators_password_raises_an_alarm(office: Office) -> None:
    status, made = office.browser("t.sys").post(f"/people/{office.person('t.sec').pk}/password", REASON)
    assert status == 200
    assert office.person("t.sec").check_password(made["password"])
    assert SecurityAlarm.objects.filter(kind="account.administrator_reset").count() == 1


def test_unlocking_and_second_factors_are_the_security_administrators(office: Office) -> None:
    officer = office.person("t.officer")
    now = clock.now()
    ProofCounter.objects.create(
        kind=CounterKind.NAME, subject="t.officer", since=now, locked_until=now + timedelta(minutes=5)
    )
    for verb in ("unlock", "second-factor"):
        assert office.browser("t.sys").post(f"/people/{officer.pk}/{verb}", REASON)[0] == 403
        assert office.browser("t.sec").post(f"/people/{officer.pk}/{verb}", REASON)[1]["state"] == "ACTIVE"
    for action in ("session.unlocked", "factor.reset"):
        assert AuditEvent.objects.get(action=action).reason == REASON["reason"]


def test_corrections_are_kept_with_before_and_after_and_never_touch_roles(office: Office) -> None:
    officer = office.person("t.officer")
    body = {"title": "副科长", "mobile": "13900001111", "roles": ["director"], "is_active": False, **REASON}
    status, shown = office.browser("t.sys").call("PUT", f"/people/{officer.pk}", body)
    assert (status, shown["title"], shown["roles"], shown["state"]) == (200, "副科长", ["经办人"], "ACTIVE")
    event = AuditEvent.objects.get(action="person.correct")
    assert event.before == {"title": "", "mobile": "138****1234"}
    assert event.after == {"title": "副科长", "mobile": "139****1111"}

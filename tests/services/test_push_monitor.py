"""The push monitor: every failure with its reason, within one's offices, and what can be done about it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from tests.services.conftest import User

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.actions import drain, enqueue, receive
from minfang.kernel.exchange.connectors import Connector, Delivery, Exchanged, Rejected
from minfang.kernel.exchange.models import DeliveryAttempt, OutboxMessage
from minfang.kernel.iam.models import Organization
from minfang.services import push_monitor

pytestmark = pytest.mark.django_db


class Refusing(Connector):
    """Refuses while told to."""

    code, name = "monitor", "监控样例平台"
    refusing = True

    def deliver(self, message: OutboxMessage) -> Delivery:
        sent = Exchanged('POST /x\n\n{"mobile": "13800001234"}', '{"code": 400}', 400)
        if self.refusing:
            raise Rejected("手机号 13800001234 不符合要求", sent)
        return Delivery({}, sent)


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Refusing:
    monkeypatch.setattr(connectors, "_connectors", {})
    platform = Refusing()
    connectors.register(platform)
    return platform


def manager(user: Callable[[str], User]) -> User:
    """Somebody who may look after pushes for their office."""
    return user("fan.zhiyuan")


def office_of(browser: User) -> Organization:
    grants = browser.person.grants.select_related("role", "organization")
    return next(g.organization for g in grants if "push.manage" in g.role.permissions)  # type: ignore[return-value]


def put(n: int, office: Organization | None) -> OutboxMessage:
    message = enqueue("monitor", "stepProc", subject=f"case:X{n}", payload={"n": n}, key=f"monitor:{n}")
    message.organization = office
    message.save(update_fields=["organization"])
    return message


@pytest.mark.feature(46)
def test_a_failure_is_listed_with_its_reason_and_the_platform_card(
    user: Callable[[str], User], platform: Refusing
) -> None:
    officer = manager(user)
    message = put(1, office_of(officer))
    drain(5)
    page = officer.get("/office/pushes?platform=monitor&state=DEAD")
    assert [row["id"] for row in page["rows"]] == [message.pk]
    assert page["rows"][0]["last_error"] == "手机号 138****1234 不符合要求"
    card = next(card for card in page["platforms"] if card["platform"] == "monitor")
    assert (card["counts"], card["breaker_label"]) == ({"DEAD": 1}, "正常")


def test_another_offices_pushes_do_not_exist(user: Callable[[str], User], platform: Refusing) -> None:
    officer = manager(user)
    other = Organization.objects.exclude(pk__in=officer.person.grants.values("organization")).first()
    message = put(1, other)
    assert officer.get("/office/pushes?platform=monitor")["rows"] == []
    for address in ("resend", "cancel", "reveal"):
        body = {"reason": "核对"}
        assert officer.post(f"/office/pushes/{message.pk}/{address}", body, 404)["code"] == "NOT_FOUND"
    officer.get(f"/office/pushes/{message.pk}", 404)


def test_tries_are_shown_masked_and_in_full_only_with_a_reason_on_record(
    user: Callable[[str], User], platform: Refusing
) -> None:
    officer = manager(user)
    message = put(1, office_of(officer))
    drain(5)
    (shown,) = officer.get(f"/office/pushes/{message.pk}")["tries"]
    assert "138****1234" in shown["request"]
    assert shown["intact"] is True
    officer.post(f"/office/pushes/{message.pk}/reveal", {"reason": " "}, 422)
    (full,) = officer.post(f"/office/pushes/{message.pk}/reveal", {"reason": "核对手机号"})["tries"]
    assert "13800001234" in full["request"]
    assert AuditEvent.objects.get(action="exchange.reveal").reason == "核对手机号"


def test_a_try_changed_in_the_database_is_noticed(user: Callable[[str], User], platform: Refusing) -> None:
    officer = manager(user)
    message = put(1, office_of(officer))
    drain(5)
    DeliveryAttempt.objects.filter(message=message).update(error="", status=200)
    assert officer.get(f"/office/pushes/{message.pk}")["tries"][0]["intact"] is False


def test_all_dead_letters_of_a_platform_are_sent_again_at_once(
    user: Callable[[str], User], platform: Refusing
) -> None:
    officer = manager(user)
    for n in range(3):
        put(n, office_of(officer))
    drain(5)
    platform.refusing = False
    assert officer.post("/office/pushes/platforms/monitor/resend")["count"] == 3
    drain(5)
    assert set(OutboxMessage.objects.values_list("state", flat=True)) == {"DONE"}


def test_giving_up_needs_a_reason(user: Callable[[str], User], platform: Refusing) -> None:
    officer = manager(user)
    message = put(1, office_of(officer))
    drain(5)
    officer.post(f"/office/pushes/{message.pk}/cancel", {"reason": ""}, 422)
    done = officer.post(f"/office/pushes/{message.pk}/cancel", {"reason": "线下补录"})
    assert done["state"] == "CANCELLED"


def test_a_contradiction_is_visible_until_a_person_settles_it(user: Callable[[str], User]) -> None:
    officer = manager(user)
    receive("sms", "R-1", {"status": "DELIVERED"})
    receive("sms", "R-1", {"status": "FAILED", "reason": "空号"})
    assert officer.get("/office/pushes")["contradictions"] == 1
    (row,) = officer.get("/office/pushes/contradictions")
    assert ("DELIVERED" in row["first"], "空号" in row["other"]) == (True, True)
    officer.post(f"/office/pushes/contradictions/{row['id']}/settle", {"reason": "运营商确认已送达"})
    assert officer.get("/office/pushes")["contradictions"] == 0


@pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_the_list_can_be_taken_out_and_that_is_on_record(
    user: Callable[[str], User], platform: Refusing, kind: str, start: bytes
) -> None:
    officer = manager(user)
    put(1, office_of(officer))
    answer: Any = officer.get(f"/office/pushes/export.{kind}?platform=monitor")
    assert answer.content.startswith(start)
    assert AuditEvent.objects.filter(action="exchange.export").count() == 1


def test_a_message_about_a_case_speaks_for_the_office_of_the_case(platform: Refusing) -> None:
    office = Organization.objects.order_by("pk").first()
    assert office is not None
    connectors.names_office(lambda subject: office.pk if subject == "case:OF-1" else None)
    try:
        named = enqueue("monitor", "stepProc", subject="case:OF-1", payload={}, key="of:1")
        other = enqueue("monitor", "stepProc", subject="tenant:1", payload={}, key="of:2")
    finally:
        connectors._owners.pop()
    assert (named.organization_id, other.organization_id) == (office.pk, None)


def test_a_try_whose_ciphertext_was_changed_is_named_and_the_others_are_shown(
    user: Callable[[str], User], platform: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(push_monitor, "raise_alarm", lambda kind, target, **_: told.append((kind, target)))
    officer = manager(user)
    message = put(1, office_of(officer))
    drain(5)
    officer.post(f"/office/pushes/{message.pk}/resend")
    drain(5)
    first, _ = DeliveryAttempt.objects.order_by("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_attempt SET request = set_byte(request, 30, get_byte(request, 30) # 1)"
            " WHERE id = %s",
            [first.pk],
        )
    for _ in range(2):
        latest, changed = officer.get(f"/office/pushes/{message.pk}")["tries"]
        assert (changed["request"], changed["intact"]) == ("内容已被改动", False)
        assert "138****1234" in latest["request"]
        assert latest["intact"] is True
    revealed = officer.post(f"/office/pushes/{message.pk}/reveal", {"reason": "核对"})
    assert [row["request"] for row in revealed["tries"] if row["intact"] is False] == ["内容已被改动"]
    assert set(told) == {("exchange.record_altered", f"exchange_attempt:{first.pk}")}

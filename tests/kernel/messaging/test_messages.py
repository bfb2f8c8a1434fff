"""People are told once, in the words of their event, and what became of it is known."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.exchange import connectors
from minfang.kernel.exchange.actions import drain
from minfang.kernel.exchange.connectors import Connector, Delivery, Rejected
from minfang.kernel.exchange.models import InboxMessage, OutboxMessage
from minfang.kernel.iam.models import Person, PersonKind
from minfang.kernel.messaging import queries
from minfang.kernel.messaging.actions import (
    load_templates,
    mark_read,
    notify,
    publish_templates,
    release_held,
    take_receipt,
)
from minfang.kernel.messaging.models import Message, MessageState, MessageTemplate
from minfang.kernel.messaging.templates import BadTemplate, Wording, fill

DEFINITIONS = Path("src/minfang/services/definitions/messages.toml")
MOBILE = "13812345678"


class Operator(Connector):
    code, name = "sms", "短信"

    def __init__(self) -> None:
        self.refuse = False
        self.sent: list[dict[str, Any]] = []

    def deliver(self, message: OutboxMessage) -> Delivery:
        if self.refuse:
            raise Rejected("黑名单")
        self.sent.append(message.payload)
        return Delivery({"receipt_id": f"R{len(self.sent)}"})


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setattr(connectors, "_connectors", {})
    operator = Operator()
    connectors.register(operator)
    return operator


@pytest.fixture
def person(db: object) -> Person:
    publish_templates(
        [
            Wording("case.accepted", "SMS", "${applyNo}已于${date}受理。", "", ("applyNo", "date")),
            Wording("case.accepted", "IN_APP", "${applyNo}已受理", "受理", ("applyNo", "date")),
        ]
    )
    return Person.objects.create(username="a", name="周明宇", kind=PersonKind.APPLICANT, mobile=MOBILE)


def tell(person: Person | None, **options: Any) -> list[Message]:
    given_options = {"subject": "case:1", "context": {"applyNo": "SH01", "date": "2026-11-22"}, **options}
    return notify("case.accepted", person=person, **given_options)


@pytest.mark.django_db
def test_a_person_is_told_by_sms_and_in_app_in_the_words_of_the_event(
    person: Person, operator: Operator
) -> None:
    sms, inside = tell(person)
    assert (sms.state, inside.state) == (MessageState.PENDING, MessageState.DELIVERED)
    drain(10)
    sms.refresh_from_db()
    assert (sms.state, sms.receipt, sms.mobile_masked) == (MessageState.SENT, "R1", "138****5678")
    assert operator.sent == [
        {"message_id": str(sms.pk), "mobile": MOBILE, "content": "SH01已于2026-11-22受理。"}
    ]


@pytest.mark.django_db
def test_the_mobile_stands_nowhere_in_clear_and_is_found_all_the_same(
    person: Person, operator: Operator
) -> None:
    from django.db import connection

    tell(person)
    with connection.cursor() as cursor:
        cursor.execute("SELECT m::text, o::text FROM messaging_message m, exchange_outbox o")
        rows = str(cursor.fetchall())
    assert MOBILE not in rows
    assert MOBILE.encode().hex() not in rows
    assert queries.sending_log(mobile=MOBILE).count() == 1


@pytest.mark.django_db
def test_the_same_event_of_the_same_case_is_told_once_in_ten_minutes(
    person: Person, operator: Operator
) -> None:
    assert len(tell(person)) == 2
    assert tell(person) == []
    assert len(tell(person, subject="case:2")) == 2
    with clock.moved_to(clock.now() + timedelta(minutes=11)):
        assert len(tell(person)) == 2
    assert queries.sending_log().count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("mobile", ["", "12345", "021-12345678", "1381234567x"])
def test_without_a_mobile_number_there_is_only_the_in_app_message(
    person: Person, operator: Operator, mobile: str
) -> None:
    person.mobile = ""
    assert [m.channel for m in tell(person, mobile=mobile)] == ["IN_APP"]


@pytest.mark.django_db
def test_somebody_without_an_account_is_told_by_sms(person: Person, operator: Operator) -> None:
    assert [m.channel for m in tell(None, mobile="13900000001")] == ["SMS"]


@pytest.mark.django_db
def test_a_refused_message_has_failed_and_a_resent_one_is_sent(person: Person, operator: Operator) -> None:
    from minfang.kernel.exchange.actions import resend

    operator.refuse = True
    sms, _ = tell(person)
    drain(10)
    sms.refresh_from_db()
    assert (sms.state, sms.error) == (MessageState.FAILED, "黑名单")
    operator.refuse = False
    assert [m.channel for m in tell(person)] == ["SMS"]
    resend(OutboxMessage.objects.get(state="DEAD"), person)
    drain(10)
    sms.refresh_from_db()
    assert (sms.state, sms.error) == (MessageState.SENT, "")


@pytest.mark.django_db
def test_a_receipt_before_the_answer_is_not_overwritten_by_it(person: Person, operator: Operator) -> None:
    sms, _ = tell(person)
    take_receipt("R1", message_id=str(sms.pk), delivered=True)
    drain(10)
    sms.refresh_from_db()
    assert sms.state == MessageState.DELIVERED
    assert sms.sent_at is not None


@pytest.mark.django_db
def test_repeated_and_contradicting_receipts_change_nothing_but_stay_visible(
    person: Person, operator: Operator
) -> None:
    sms, _ = tell(person)
    drain(10)
    for delivered in (True, True, False):
        take_receipt("R1", message_id=str(sms.pk), delivered=delivered, reason="空号")
    take_receipt("R1-late", message_id=str(sms.pk), delivered=False, reason="空号")
    sms.refresh_from_db()
    assert (sms.state, sms.error) == (MessageState.DELIVERED, "")
    assert InboxMessage.objects.get(external_id="R1").contradicted


@pytest.mark.django_db
def test_a_failed_receipt_says_why_and_a_receipt_for_nothing_is_refused(
    person: Person, operator: Operator
) -> None:
    sms, inside = tell(person)
    take_receipt("R1", message_id=str(sms.pk), delivered=False, reason="空号")
    sms.refresh_from_db()
    assert (sms.state, sms.error) == (MessageState.FAILED, "空号")
    for unknown in (str(inside.pk), "00000000-0000-0000-0000-000000000000", "not-a-uuid"):
        with pytest.raises(Refusal) as refusal:
            take_receipt("R9", message_id=unknown, delivered=True)
        assert refusal.value.status == 404


@pytest.mark.django_db
def test_an_inbox_shows_ones_own_messages_and_which_are_new(person: Person, operator: Operator) -> None:
    other = Person.objects.create(username="b", name="乙", kind=PersonKind.APPLICANT)
    tell(person)
    tell(person, subject="case:2")
    tell(other)
    assert [m.subject for m in queries.inbox(person)] == ["case:2", "case:1"]
    assert queries.unread_count(person) == 2
    foreign = queries.inbox(other).get()
    assert mark_read(person, [str(foreign.pk), str(queries.inbox(person)[0].pk)]) == 1
    assert (queries.unread_count(person), queries.unread_count(other)) == (1, 1)
    assert mark_read(person) == 1


@pytest.mark.django_db
def test_a_changed_wording_is_a_new_version_and_what_was_sent_keeps_its_own(
    person: Person, operator: Operator
) -> None:
    sms, _ = tell(person)
    changed = Wording("case.accepted", "SMS", "${applyNo}受理了。", "", ("applyNo",))
    assert publish_templates([changed]) == 1
    assert publish_templates([changed]) == 0
    sms.refresh_from_db()
    assert (sms.template.version, sms.body) == (1, "SH01已于2026-11-22受理。")
    assert tell(person, subject="case:3")[0].body == "SH01受理了。"


@pytest.mark.django_db
def test_a_switched_off_wording_sends_nothing(person: Person, operator: Operator) -> None:
    MessageTemplate.objects.update(enabled=False)
    assert tell(person) == []


@pytest.mark.django_db
def test_all_wordings_of_the_product_are_published_and_fit_an_sms() -> None:
    assert load_templates(DEFINITIONS) > 20
    assert load_templates(DEFINITIONS) == 0
    for template in MessageTemplate.objects.filter(channel="SMS"):
        assert len(template.body) <= 70, template


@pytest.mark.parametrize(
    ("body", "problem"),
    [("", "正文为空"), ("${name}您好", "未声明的变量 name"), ("${apply No}", "变量写法不对")],
)
def test_a_wrong_wording_is_not_published(body: str, problem: str) -> None:
    with pytest.raises(BadTemplate, match=problem):
        Wording("case.x", "SMS", body, "", ("applyNo",)).check()


@given(st.text())
def test_a_value_is_filled_in_as_it_is_and_only_once(value: str) -> None:
    assert fill("<${a}>", {"a": value, "b": "x"}) == (f"<{value}>" if value else "<—>")
    assert fill("${a}${b}", {"a": "${b}", "b": "x"}) == "${b}x"


def test_a_missing_value_leaves_a_dash() -> None:
    assert fill("${a}已受理", {}) == "—已受理"


@pytest.mark.django_db
def test_a_number_just_written_to_gets_the_next_message_later_and_none_is_lost(
    person: Person, operator: Operator
) -> None:
    start = clock.now()
    with clock.moved_to(start):
        first, _, second, _, third, _ = [m for n in (1, 2, 3) for m in tell(person, subject=f"case:{n}")]
        drain(10)
    assert [first.state, second.state, third.state] == [
        MessageState.PENDING,
        MessageState.HELD,
        MessageState.HELD,
    ]
    assert "推迟到" in second.error
    assert len(operator.sent) == 1
    for minutes, sent in ((0.9, 1), (1.1, 2), (1.2, 2), (2.1, 3)):
        with clock.moved_to(start + timedelta(minutes=minutes)):
            release_held()
            drain(10)
        assert len(operator.sent) == sent
    third.refresh_from_db()
    assert (third.state, third.error) == (MessageState.SENT, "")


@pytest.mark.django_db
def test_the_eleventh_message_of_a_day_waits_for_the_next(person: Person, operator: Operator) -> None:
    start = clock.now()
    for number in range(10):
        with clock.moved_to(start + timedelta(minutes=2 * number)):
            assert tell(person, subject=f"case:{number}")[0].state == MessageState.PENDING
    with clock.moved_to(start + timedelta(minutes=30)):
        late = tell(person, subject="case:11")[0]
        other = tell(None, subject="case:11", mobile="13900001111")[0]
    assert (late.state, other.state) == (MessageState.HELD, MessageState.PENDING)
    assert late.leave_at is not None
    assert abs(late.leave_at - start - timedelta(days=1)) < timedelta(seconds=5)


@pytest.mark.django_db
def test_an_alarm_does_not_wait(person: Person, operator: Operator) -> None:
    tell(person)
    assert tell(person, subject="case:2", urgent=True)[0].state == MessageState.PENDING

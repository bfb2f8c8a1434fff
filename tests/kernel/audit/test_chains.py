"""Entries are chained while many transactions write at once, and the chain follows what is rolled back."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction

from minfang.kernel.audit.actions import Origin, acting_as, origin, record
from minfang.kernel.audit.models import AuditChain, AuditEvent, SecurityAlarm
from minfang.kernel.audit.verification import verify
from minfang.kernel.iam.models import Party


def write(number: int = 1) -> None:
    for _ in range(number):
        with transaction.atomic():
            record("case.submit", person=None, target="case:1", summary="提交")


@pytest.mark.django_db(transaction=True)
def test_transactions_at_the_same_time_take_different_chains() -> None:
    first_has_written, second_is_done = threading.Event(), threading.Event()

    def other() -> None:
        first_has_written.wait(10)
        write()
        connections.close_all()
        second_is_done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with transaction.atomic():
        record("case.submit", person=None, target="case:1", summary="提交")
        first_has_written.set()
        assert second_is_done.wait(10), "the second transaction waited for the first"
    thread.join()
    assert len(set(AuditEvent.objects.values_list("chain", flat=True))) == 2


@pytest.mark.django_db(transaction=True)
def test_sequences_have_no_gap_when_many_write_and_some_fail() -> None:
    def work(worker: int) -> None:
        for turn in range(12):
            try:
                with transaction.atomic():
                    record("case.submit", person=None, target=f"case:{worker}", summary="提交")
                    record("case.sign", person=None, target=f"case:{worker}", summary="签章")
                    if turn % 3 == 0:
                        raise ValueError
            except ValueError:
                pass
        connections.close_all()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AuditEvent.objects.count() == 20 * 8 * 2
    found = Counter(AuditEvent.objects.values_list("chain", flat=True))
    assert {row.number: row.last_sequence for row in AuditChain.objects.filter(last_sequence__gt=0)} == found
    assert verify().sound


@pytest.mark.django_db(transaction=True)
def test_what_a_savepoint_takes_back_leaves_the_chain_whole() -> None:
    with transaction.atomic():
        record("case.submit", person=None, target="case:1", summary="一")
        with pytest.raises(ValueError, match="back"), transaction.atomic():
            record("case.submit", person=None, target="case:1", summary="退回的")
            raise ValueError("back")
        record("case.submit", person=None, target="case:1", summary="二")
        mark = transaction.savepoint()
        record("case.submit", person=None, target="case:1", summary="手工退回的")
        transaction.savepoint_rollback(mark)
        record("case.submit", person=None, target="case:1", summary="三")
    assert list(AuditEvent.objects.values_list("summary", flat=True)) == ["一", "二", "三"]
    assert list(AuditEvent.objects.values_list("sequence", flat=True)[:2]) == [1, 2]
    assert verify().sound


@pytest.mark.django_db(transaction=True)
def test_a_chain_taken_inside_a_savepoint_that_fails_is_free_again() -> None:
    with transaction.atomic():
        with pytest.raises(ValueError, match="back"), transaction.atomic():
            record("case.submit", person=None, target="case:1", summary="退回的")
            raise ValueError("back")
        thread = threading.Thread(target=lambda: (write(3), connections.close_all()))
        thread.start()
        thread.join()
        record("case.submit", person=None, target="case:1", summary="后写的")
    assert AuditEvent.objects.count() == 4
    assert verify().sound


@pytest.mark.django_db(transaction=True)
def test_a_trail_that_cannot_be_written_undoes_the_act_and_raises_an_alarm() -> None:
    def break_it(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE audit_event {statement}")

    break_it("ADD CONSTRAINT broken CHECK (false) NOT VALID")
    try:
        with pytest.raises(DatabaseError), transaction.atomic():
            Party.objects.create(kind="2", name="甲公司", id_no="1", id_no_index="1")
            record("case.submit", person=None, target="case:1", summary="提交")
    finally:
        break_it("DROP CONSTRAINT broken")
    assert not Party.objects.exists()
    assert SecurityAlarm.objects.get().kind == "audit.write_failed"


@pytest.mark.django_db
def test_an_entry_holds_everything_the_rules_ask_for() -> None:
    token = origin.set(Origin("a1b2", "10.1.2.3", 50123, "Mozilla/5.0 (统信 UOS)"))
    try:
        with transaction.atomic(), acting_as("经办人"):
            record(
                "case.submit",
                person=None,
                target="case:SH1",
                summary="提交",
                before={"状态": "草稿"},
                after={"面积": 12.5, "n": 10**30, "坏": "\ud800"},
                reason="补齐",
            )
    finally:
        origin.reset(token)
    row = AuditEvent.objects.get()
    assert (row.chain, row.sequence, row.previous_mac) == (1, 1, "0" * 64)
    assert (row.address, row.port, row.agent) == ("10.1.2.3", 50123, "Mozilla/5.0 (统信 UOS)")
    assert (row.role, row.request_id, row.result) == ("经办人", "a1b2", "OK")
    assert row.before == {"状态": "草稿"}
    assert row.after["面积"] == 12.5
    assert row.at.utcoffset() is not None
    assert verify().sound


@pytest.mark.django_db
def test_line_breaks_in_values_cannot_forge_a_line() -> None:
    token = origin.set(Origin("x", "10.1.2.3\r\n10.9.9.9", 0, "UA\n伪造\u2028行"))
    try:
        with transaction.atomic():
            record(
                "session.refused",
                person=None,
                target="username:a\r\nb",
                summary="登录失败\n2026 审计员 登录成功",
                reason="\x00\x1b[31m",
            )
    finally:
        origin.reset(token)
    row = AuditEvent.objects.get()
    text = row.address + row.agent + row.target + row.summary + row.reason
    assert text.isprintable()
    assert verify().sound


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_goes_on_with_its_chain_needs_one_statement(django_assert_num_queries: Any) -> None:
    write()
    with transaction.atomic(), django_assert_num_queries(1):
        record("case.submit", person=None, target="case:1", summary="提交")
    assert len(set(AuditEvent.objects.values_list("chain", flat=True))) == 1


@pytest.mark.django_db(transaction=True)
def test_a_thread_whose_chain_was_used_by_another_meanwhile_takes_a_free_one() -> None:
    write()
    used = AuditEvent.objects.get().chain
    with transaction.atomic():
        AuditChain.objects.filter(number=used).update(last_sequence=7)
    write()
    assert set(AuditEvent.objects.values_list("chain", flat=True)) != {used}

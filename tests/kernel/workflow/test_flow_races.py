"""Two people at once: one wins, the other reads who was faster. Each race is shown with the lock off too."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Event
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.db.models.query import QuerySet
from tests.kernel.workflow.samples import World, approval, committee, consultation

from minfang.kernel.base import locks
from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import actions, closing, queries, verbs
from minfang.kernel.workflow.engine import Transition
from minfang.kernel.workflow.models import FlowEvent, ProcessInstance

pytestmark = pytest.mark.django_db(transaction=True)
Act = Callable[[], Any]


class Meeting:
    """Makes two verbs meet between reading the state and writing it.

    With the lock on the second cannot come, so the first waits ``patience`` seconds and goes on alone.
    """

    patience = 0.3
    barrier: Barrier | None = None

    def wait(self) -> None:
        if self.barrier:
            with suppress(BrokenBarrierError):
                self.barrier.wait(self.patience)

    def first(self, verb: Callable[..., Any]) -> Callable[..., Any]:
        def met(*args: Any, **kwargs: Any) -> Any:
            self.wait()
            return verb(*args, **kwargs)

        return met


MEETING = Meeting()


@pytest.fixture(autouse=True)
def _verbs_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MEETING, "patience", 0.3)
    for name in ("complete", "send_back", "take_back", "alter"):
        monkeypatch.setattr(verbs, name, MEETING.first(getattr(verbs, name)))
    monkeypatch.setattr(closing, "request", MEETING.first(closing.request))


@pytest.fixture
def lock_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MEETING, "patience", 20)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_, **__: self.all())


def together(*acts: Act) -> list[Any]:
    """Run at the same time; the results, exceptions among them, in the order given."""

    def run(act: Act) -> Any:
        try:
            return act()
        except (Refusal, IntegrityError) as error:
            return error
        finally:
            connections.close_all()

    MEETING.barrier = Barrier(2)
    with ThreadPoolExecutor(len(acts)) as pool:
        results = list(pool.map(run, acts))
    MEETING.barrier = None
    return results


def by_type(results: list[Any], kind: type) -> list[Any]:
    return [result for result in results if isinstance(result, kind)]


def twice_accepting(world: World) -> list[Any]:
    world.begin(approval())
    item = world.item("ACCEPT").pk

    def accept(name: str) -> Act:
        return lambda: actions.complete(item, person=world[name], outcome="OK", seen_version=1)

    return together(accept("handler1"), accept("handler2"))


def test_of_two_officers_on_one_item_one_is_told_who_was_faster(world: World) -> None:
    results = twice_accepting(world)
    (done,) = by_type(results, Transition)
    (refused,) = by_type(results, Refusal)
    assert (refused.status, refused.code) == (409, "STALE")
    assert refused.message == f"{done.event.person.name} 刚刚已办理“受理”（同意）。"
    assert world.at() == ["REVIEW"]


def test_without_the_lock_both_officers_would_get_through(world: World, lock_off: None) -> None:
    results = twice_accepting(world)
    assert by_type(results, Refusal) == [], "nobody is stopped by the rules"
    assert len(by_type(results, IntegrityError)) == 1, "only the unique constraint stands in the way"


def finishing_two_branches(world: World) -> list[Any]:
    world.begin(consultation())
    world.do("PLAN")
    world.do("A1")
    items = {item.node: item.pk for item in world.open()}

    def finish(node: str, name: str) -> Act:
        return lambda: actions.complete(items[node], person=world[name], outcome="OK")

    return together(finish("A2", "handler1"), finish("B1", "handler2"))


def test_two_branches_finished_at_once_meet_at_the_join_once(world: World) -> None:
    results = finishing_two_branches(world)
    assert len(by_type(results, Transition)) == 2
    assert world.at() == ["LEADER"]


def test_without_the_lock_a_branch_would_be_lost(world: World, lock_off: None) -> None:
    results = finishing_two_branches(world)
    assert len(by_type(results, IntegrityError)) == 1
    assert world.at() != ["LEADER"]


def returning_and_deciding(world: World) -> list[Any]:
    world.begin(approval())
    for node in ("ACCEPT", "REVIEW"):
        world.do(node)
    item = world.item("CHECK").pk
    return together(
        lambda: actions.complete(item, person=world["section_head1"], outcome="OK"),
        lambda: actions.return_to(item, person=world["section_head2"], target="REVIEW", opinion="再看"),
    )


def test_a_return_and_a_decision_at_once_leave_one_open_item(world: World) -> None:
    results = returning_and_deciding(world)
    assert len(by_type(results, Transition)) == 1
    (refused,) = by_type(results, Refusal)
    assert refused.code == "STALE"
    assert len(world.at()) == 1


def test_without_the_lock_the_case_would_go_two_ways(world: World, lock_off: None) -> None:
    results = returning_and_deciding(world)
    assert by_type(results, Refusal) == []
    assert len(by_type(results, IntegrityError)) == 1


def withdrawing_while_opening(world: World) -> list[Any]:
    world.begin(approval())
    for node in ("ACCEPT", "REVIEW"):
        world.do(node)
    item = world.item("CHECK").pk
    return together(
        lambda: actions.withdraw(world.instance.pk, person=world["handler1"]),
        lambda: actions.open_item(item, world["section_head1"]),
    )


def test_an_item_is_either_withdrawn_or_opened(world: World) -> None:
    withdrawn, _ = withdrawing_while_opening(world)
    verbs_done = set(FlowEvent.objects.filter(verb__in=["open", "withdraw"]).values_list("verb", flat=True))
    assert len(verbs_done) == 1
    assert isinstance(withdrawn, Refusal) == (verbs_done == {"open"})


def test_without_the_lock_an_opened_item_would_be_withdrawn(world: World, lock_off: None) -> None:
    results = withdrawing_while_opening(world)
    assert len(by_type(results, IntegrityError)) == 1
    assert by_type(results, Refusal) == []


def clicking_twice(world: World) -> list[Any]:
    world.begin(approval())
    item = world.item("ACCEPT").pk
    click = lambda: actions.complete(item, person=world["handler1"], outcome="OK", key="click-1")  # noqa: E731
    return together(click, click)


def test_a_double_click_is_one_step_and_both_get_its_answer(world: World) -> None:
    first, second = clicking_twice(world)
    assert first.event == second.event
    assert sorted([first.replayed, second.replayed]) == [False, True]
    assert [i.pk for i in first.opened] == [i.pk for i in second.opened]
    assert FlowEvent.objects.filter(verb="complete").count() == 1


def test_without_the_lock_a_double_click_would_fail(world: World, lock_off: None) -> None:
    assert len(by_type(clicking_twice(world), IntegrityError)) == 1


def test_many_hands_on_many_branches_end_in_a_consistent_state(world: World) -> None:
    world.begin(consultation())
    while items := [(item.pk, item.role) for item in world.open()]:

        def finish(item: int, name: str) -> Act:
            return lambda: actions.complete(item, person=world[name], outcome="OK")

        together(*(finish(pk, f"{role}{n}") for pk, role in items for n in (1, 2)))
    instance = ProcessInstance.objects.get(pk=world.instance.pk)
    assert instance.state == "CLOSED"
    assert instance.items.values("node").distinct().count() == instance.items.count() == 5
    assert queries.replay(instance.definition, instance.events.order_by("sequence")) == queries.state_of(
        instance
    )


def two_last_votes(world: World) -> list[Any]:
    world.begin(committee("ratio", share=67))
    world.do("PREP")
    world.say(world.seat("SIGN", "PLAN"))
    items = {seat: world.seat("SIGN", seat).pk for seat in ("LAW", "FEE")}

    def vote(seat: str, name: str) -> Act:
        return lambda: actions.complete(items[seat], person=world[name], outcome="OK", opinion="同意。")

    return together(vote("LAW", "section_head1"), vote("FEE", "cert_issuer1"))


def test_two_votes_at_once_are_both_counted_once(world: World) -> None:
    results = two_last_votes(world)
    assert len(by_type(results, Transition)) + len(by_type(results, Refusal)) == 2
    assert world.at() == ["LEADER"]
    assert world.instance.items.filter(node="SIGN", state="DONE").count() >= 2


def test_without_the_lock_a_vote_would_be_lost(world: World, lock_off: None) -> None:
    results = two_last_votes(world)
    assert by_type(results, Refusal) == []
    assert len(by_type(results, IntegrityError)) == 1


def cancelling_and_deciding(world: World) -> list[Any]:
    world.begin(committee())
    item = world.item("PREP").pk
    return together(
        lambda: actions.complete(item, person=world["handler1"], outcome="OK"),
        lambda: actions.request_cancel(world.instance.pk, person=world["handler2"], reason="重复申报"),
    )


def test_nobody_decides_a_case_whose_cancellation_is_asked_for(world: World) -> None:
    done, _ = cancelling_and_deciding(world)
    if isinstance(done, Refusal):
        assert done.message == "该件正在报批撤销，暂停办理。"
    else:
        assert sorted(world.at()) in (["SIGN"] * 3, ["CANCEL1", *["SIGN"] * 3])
    instance = ProcessInstance.objects.get(pk=world.instance.pk)
    assert queries.replay(instance.definition, instance.events.order_by("sequence")) == queries.state_of(
        instance
    )


def test_without_the_lock_a_case_would_be_decided_and_cancelled_at_once(world: World, lock_off: None) -> None:
    assert len(by_type(cancelling_and_deciding(world), IntegrityError)) == 1


def holding(world: World, seconds: float, started: Event) -> Act:
    """Somebody has the instance's row for a while."""

    def hold() -> None:
        with transaction.atomic():
            ProcessInstance.objects.select_for_update().get(pk=world.instance.pk)
            started.set()
            time.sleep(seconds)

    return hold


def test_who_waits_too_long_is_told_to_look_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LONGEST_WAIT_MS", 150)
    world.begin(approval())
    item, started = world.item("ACCEPT").pk, Event()

    def late() -> Any:
        started.wait(5)
        return actions.complete(item, person=world["handler1"], outcome="OK")

    _, refused = together(holding(world, 1.5, started), late)
    assert (refused.code, refused.status) == ("BUSY", 409)
    assert world.at() == ["ACCEPT"]


def test_one_time_out_is_not_seen_by_anybody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LONGEST_WAIT_MS", 700)
    world.begin(approval())
    item, started = world.item("ACCEPT").pk, Event()

    def late() -> Any:
        started.wait(5)
        return actions.complete(item, person=world["handler1"], outcome="OK")

    _, done = together(holding(world, 1.0, started), late)
    assert isinstance(done, Transition)
    assert world.at() == ["REVIEW"]

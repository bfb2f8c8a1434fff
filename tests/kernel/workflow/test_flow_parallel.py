"""Parallel blocks: returns, withdrawals and supplements that other engines get wrong.

The names in the docstrings are the published faults of those engines.
"""

import pytest
from tests.kernel.workflow.samples import World, approval, chain, consultation, graph, other, task

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import actions
from minfang.kernel.workflow.models import ProcessInstance

pytestmark = pytest.mark.django_db


def open_rounds(world: World) -> list[tuple[str, int]]:
    return [(item.node, item.round) for item in world.open()]


def to_leader(world: World, scope: str = "branch") -> None:
    world.begin(consultation(scope))
    for node in ("PLAN", "A1", "A2", "B1"):
        world.do(node)
    assert world.at() == ["LEADER"]


def test_a_join_waits_for_every_branch_in_any_order(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN")
    assert world.at() == ["A1", "B1"]
    world.do("B1")
    world.do("A1")
    assert world.at() == ["A2"]
    world.do("A2")
    assert world.at() == ["LEADER"]
    world.do("LEADER")
    assert world.refreshed().state == "CLOSED"


@pytest.mark.parametrize("target", ["A1", "A2", "B1"])
def test_a_leader_returns_into_one_branch_and_the_others_results_are_kept(world: World, target: str) -> None:
    """SpiffWorkflow leaves both the branch and the leader ready, or a join cancelled for ever."""
    to_leader(world)
    world.back("LEADER", target)
    assert open_rounds(world) == [(target, 2)]
    while world.at() != ["LEADER"]:
        world.do(world.at()[0])
    assert open_rounds(world) == [("LEADER", 2)]
    world.do("LEADER")
    assert world.refreshed().state == "CLOSED"


def test_a_leader_may_ask_the_whole_block_again(world: World) -> None:
    to_leader(world, "block")
    world.back("LEADER", "A2")
    assert sorted(open_rounds(world)) == [("A2", 2), ("B1", 2)]
    world.do("B1")
    world.do("A2")
    assert open_rounds(world) == [("LEADER", 2)]


def test_jumping_back_from_a_branch_leaves_the_block_behind(world: World) -> None:
    to_leader(world)
    world.back("LEADER", "A1", policy="jump_back")
    world.do("A1")
    assert open_rounds(world) == [("LEADER", 2)]
    world.do("LEADER")
    assert world.refreshed().state == "CLOSED"
    assert world.instance.arrivals == {}


def test_a_return_from_inside_a_block_to_before_it_closes_every_branch(world: World) -> None:
    """yudao #867: parallel tasks could not be returned at all; #668: the process vanished."""
    world.begin(consultation())
    world.do("PLAN")
    world.do("A1")
    world.back("A2", "PLAN")
    assert open_rounds(world) == [("PLAN", 2)]
    states = dict(world.instance.items.filter(node__in=["A2", "B1"]).values_list("node", "state"))
    assert states == {"A2": "RETURNED", "B1": "RETURNED"}
    world.do("PLAN")
    assert sorted(open_rounds(world)) == [("A1", 2), ("B1", 2)]
    for node in ("B1", "A1", "A2"):
        world.do(node)
    assert world.at() == ["LEADER"], "Flowable #1641: the task stopped at the join"


def test_a_finished_branch_is_asked_again_after_a_return_to_before_the_block(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN")
    world.do("B1")
    world.do("A1")
    world.back("A2", "PLAN")
    world.do("PLAN")
    world.do("A1")
    world.do("A2")
    assert world.at() == ["B1"], "an arrival of the earlier pass must not count"


def test_a_return_inside_one_branch_leaves_the_other_alone(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN")
    world.do("A1")
    world.back("A2", "A1")
    assert sorted(open_rounds(world)) == [("A1", 2), ("B1", 1)]


def test_withdrawing_one_branch_leaves_the_other_alone(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN")
    world.do("A1", person=world["handler1"])
    world.do("B1", person=world["handler2"])
    actions.withdraw(world.instance.pk, person=world["handler1"])
    assert open_rounds(world) == [("A1", 2)]
    world.do("A1")
    world.do("A2")
    assert world.at() == ["LEADER"]


def test_withdrawing_the_step_that_fired_the_join_takes_the_next_step_back(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN")
    world.do("A1", person=world["handler1"])
    world.do("A2", person=world["handler1"])
    world.do("B1", person=world["handler2"])
    assert world.at() == ["LEADER"]
    actions.withdraw(world.instance.pk, person=world["handler2"])
    assert open_rounds(world) == [("B1", 2)]
    actions.withdraw(world.instance.pk, person=world["handler1"])
    assert sorted(open_rounds(world)) == [("A2", 2), ("B1", 2)]
    world.do("A2")
    world.do("B1")
    assert open_rounds(world) == [("LEADER", 2)]


def test_a_fork_is_withdrawn_only_while_no_branch_has_moved(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN", person=world["handler1"])
    actions.withdraw(world.instance.pk, person=world["handler1"])
    assert open_rounds(world) == [("PLAN", 2)]
    world.do("PLAN", person=world["handler1"])
    world.do("B1", person=world["handler2"])
    with pytest.raises(Refusal, match="不能撤回"):
        actions.withdraw(world.instance.pk, person=world["handler1"])


def test_a_supplement_in_one_branch_waits_while_the_other_goes_on(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN")
    world.ask("B1")
    assert sorted(world.at()) == ["A1", "SUPP"]
    world.do("A1")
    world.do("A2")
    world.answer()
    assert open_rounds(world) == [("B1", 2)]
    world.do("B1")
    assert world.at() == ["LEADER"]


def test_a_supplement_is_over_when_the_case_is_returned_past_it(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN")
    world.ask("B1")
    world.do("A1")
    world.back("A2", "PLAN")
    assert world.at() == ["PLAN"]
    assert not world.instance.suspensions.filter(ended_at__isnull=True).exists()


def test_blocks_inside_blocks(world: World) -> None:
    nodes = [
        other("S", "start"),
        other("F", "fork"),
        task("A"),
        other("G", "fork"),
        task("B"),
        task("C"),
        other("K", "join"),
        task("D"),
        other("J", "join"),
        task("L", "section_head", return_to=["C", "D", "A"]),
        other("E", "end"),
    ]
    edges = [
        *chain("S", "F", "A", "J", "L", "E"),
        *chain("F", "G", "B", "K", "D", "J"),
        *chain("G", "C", "K"),
    ]
    world.begin(graph(nodes, edges))
    for node in ("C", "A", "B", "D"):
        world.do(node)
    world.back("L", "C")
    assert open_rounds(world) == [("C", 2)]
    world.do("C")
    assert open_rounds(world) == [("D", 2)]
    world.do("D")
    assert open_rounds(world) == [("L", 2)]
    world.do("L")
    assert world.refreshed().state == "CLOSED"


def test_a_loop_through_a_block_asks_every_branch_again(world: World) -> None:
    """SpiffWorkflow #341: a parallel join inside a loop stalled."""
    nodes = [
        other("S", "start"),
        other("X", "exclusive"),
        other("F", "fork"),
        task("A"),
        task("B"),
        other("J", "join"),
        task("T", outcomes=[{"code": "OK"}, {"code": "AGAIN"}]),
        other("E", "end"),
        task("SKIP"),
    ]
    edges = [
        *chain("S", "X"),
        {"from": "X", "to": "SKIP", "when": "false"},
        *chain("X", "F", "A", "J", "T"),
        *chain("F", "B", "J"),
        {"from": "T", "to": "E", "outcome": "OK"},
        {"from": "T", "to": "X", "outcome": "AGAIN"},
        *chain("SKIP", "T"),
    ]
    world.begin(graph(nodes, edges))
    for _ in range(3):
        world.do("B")
        world.do("A")
        world.do("T", "AGAIN")
    assert sorted(open_rounds(world)) == [("A", 4), ("B", 4)]


def test_returning_four_steps_keeps_every_result(world: World) -> None:
    """SpiffWorkflow's reset drops all descendants and what was written in them."""
    nodes = [task(f"T{n}", return_to=["T1"] if n == 5 else []) for n in range(1, 6)]
    codes = ["S", *[f"T{n}" for n in range(1, 6)], "E"]
    world.begin(graph([other("S", "start"), *nodes, other("E", "end")], chain(*codes)))
    for number in range(1, 5):
        world.do(f"T{number}", opinion=f"意见{number}")
    before = [
        (i.number, i.opinion, i.outcome)
        for i in world.instance.items.filter(number__lte=4).order_by("number")
    ]
    world.back("T5", "T1")
    after = [
        (i.number, i.opinion, i.outcome)
        for i in world.instance.items.filter(number__lte=4).order_by("number")
    ]
    assert after == before
    assert open_rounds(world) == [("T1", 2)]


def test_a_step_not_yet_reached_is_no_target(world: World) -> None:
    """SpiffWorkflow's reset on a predicted task duplicates the token."""
    world.begin(approval())
    world.do("ACCEPT")
    world.do("REVIEW")
    world.back("CHECK", "ACCEPT")
    world.do("ACCEPT")
    world.do("REVIEW")
    world.back("CHECK", "REVIEW")
    world.do("REVIEW")
    assert open_rounds(world) == [("CHECK", 3)]


def test_a_closed_instance_stays_closed(world: World) -> None:
    """SpiffWorkflow: a reset inside a finished workflow leaves a task ready in a completed process."""
    to_leader(world)
    item = world.item("LEADER")
    world.do("LEADER")
    with pytest.raises(Refusal, match="刚刚已办理"):
        actions.return_to(item.pk, person=world["section_head1"], target="A1", opinion="再看")
    with pytest.raises(Refusal, match="不能撤回"):
        actions.withdraw(world.instance.pk, person=world["section_head1"])
    instance = ProcessInstance.objects.get(pk=world.instance.pk)
    assert (instance.state, instance.closed_at is None) == ("CLOSED", False)

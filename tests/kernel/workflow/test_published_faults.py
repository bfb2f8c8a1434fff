"""What went wrong in other engines, tried on this one: one test a published fault.

The first group are faults measured in an engine that keeps the case as a tree of tasks and goes back by
cutting branches off; the others were reported by users in the public trackers of engines.
"""

from datetime import timedelta

import pytest
from tests.kernel.workflow.samples import World, approval, committee, consultation

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import actions, queries
from minfang.kernel.workflow.models import ItemState

pytestmark = pytest.mark.django_db


def through(world: World, *nodes: str) -> None:
    for node in nodes:
        world.do(node)


def consulting(world: World, scope: str = "branch") -> None:
    world.begin(consultation(scope))
    through(world, "PLAN", "A1", "A2", "B1")
    assert world.at() == ["LEADER"]


def told(world: World) -> list[tuple[str, str, str]]:
    """The history as people read it."""
    return [(step.node, step.state, step.opinion) for step in queries.history(world.refreshed())]


def test_measured_1_withdrawing_one_step_removed_its_tasks(world: World) -> None:
    """There: taking one step back deleted nine tasks. Here: the step opens again, all items are kept."""
    world.begin(approval())
    through(world, "ACCEPT", "REVIEW")
    before = told(world)
    actions.withdraw(world.instance.pk, person=world["handler1"])
    assert world.at() == ["REVIEW"]
    assert told(world)[:2] == before[:2]
    assert len(told(world)) == len(before) + 1


def test_measured_2_going_back_several_steps_lost_history_and_data(world: World) -> None:
    """There: four completed steps and what was written in them were gone. Here: opinions and people stay."""
    world.begin(approval())
    through(world, "ACCEPT", "REVIEW", "CHECK")
    world.back("DECIDE", "REVIEW")
    assert told(world)[:3] == [(node, "DONE", "同意。") for node in ("ACCEPT", "REVIEW", "CHECK")]
    assert world.at() == ["REVIEW"]


def test_measured_3_going_back_to_a_step_not_yet_done_doubled_the_token(world: World) -> None:
    """There: a reset to a predicted step gave two open tasks. Here: only steps that were done are offered."""
    world.begin(approval())
    through(world, "ACCEPT", "REVIEW")
    item = world.item("CHECK")
    for target in ("DECIDE", "CERT", "CHECK", "NOWHERE"):
        with pytest.raises(Refusal, match="不能退回到该环节"):
            actions.return_to(item.pk, person=world["section_head1"], target=target, opinion="退回")
    assert world.at() == ["CHECK"]


def test_measured_4_withdrawing_in_one_branch_leaves_the_other_alone(world: World) -> None:
    """There it worked; here as well: the sibling's open item is not touched."""
    world.begin(consultation())
    through(world, "PLAN", "A1")
    sibling = world.item("B1")
    actions.withdraw(world.instance.pk, person=world["handler1"])
    assert sorted(world.at()) == ["A1", "B1"]
    assert world.item("B1").pk == sibling.pk


def test_measured_5_a_return_behind_the_join_left_the_leader_open_too(world: World) -> None:
    """There: after going back into the first branch both it and the leader were open. Here: only it."""
    consulting(world)
    world.back("LEADER", "A1")
    assert world.at() == ["A1"]
    through(world, "A1", "A2")
    assert world.at() == ["LEADER"], "the other branch's result is kept"


def test_measured_6_a_return_into_the_second_branch_left_the_join_cancelled(world: World) -> None:
    """There: redoing the second branch ended at a dead join. Here: the join opens the leader again."""
    consulting(world)
    world.back("LEADER", "B1")
    world.do("B1")
    assert world.at() == ["LEADER"]
    world.do("LEADER")
    assert world.refreshed().state == "CLOSED"


def test_measured_7_a_finished_case_that_was_opened_again_stayed_marked_finished(world: World) -> None:
    """There: a step was ready and the workflow still said completed. Here: both go together."""
    world.begin(committee("any"))
    through(world, "PREP", "SIGN", "LEADER")
    actions.reopen(world.instance.pk, person=world["section_head1"], target="LEADER", reason="复核")
    instance = world.refreshed()
    assert (instance.state, instance.closed_at, instance.end_node) == ("RUNNING", None, "")


def test_measured_8_nobody_could_be_added_to_a_running_countersign(world: World) -> None:
    """There: the voices were fixed when the step began. Here: one more voice is asked and counted."""
    world.begin(committee())
    world.do("PREP")
    plan = world.seat("SIGN", "PLAN")
    actions.add_signer(plan.pk, person=world["handler1"], to=world["prereviewer1"], when="parallel")
    for seat in ("PLAN", "LAW", "FEE"):
        world.say(world.seat("SIGN", seat))
    assert [item.actor for item in world.open()] == [f"+{world['prereviewer1'].pk}"]


def test_yudao_668_a_return_out_of_a_countersign_made_the_case_vanish(world: World) -> None:
    """YunaiV/ruoyi-vue-pro #668: returning from a step of several people opened nothing; nobody found the
    case again. Here: the earlier step opens, and the countersign asks everybody anew afterwards.
    """
    world.begin(committee())
    world.do("PREP")
    law = world.seat("SIGN", "LAW")
    actions.return_to(law.pk, person=world["section_head1"], target="PREP", opinion="退回")
    assert world.at() == ["PREP"]
    world.do("PREP")
    assert world.at() == ["SIGN"] * 3


def test_yudao_727_a_return_to_a_countersign_failed(world: World) -> None:
    """YunaiV/ruoyi-vue-pro #727: going back to a step of several people created no task for them.
    Here: every seat has an open item of the next round.
    """
    world.begin(committee())
    through(world, "PREP", *["SIGN"] * 3)
    world.back("LEADER", "SIGN")
    assert [(item.node, item.round) for item in world.open()] == [("SIGN", 2)] * 3
    through(world, *["SIGN"] * 3)
    assert world.at() == ["LEADER"]


def test_yudao_867_parallel_work_could_not_be_returned(world: World) -> None:
    """YunaiV/ruoyi-vue-pro #867 (on 达梦): 并行任务不可以回退. Here: out of one branch to before the block
    closes all branches; within a branch it concerns that branch only.
    """
    world.begin(consultation())
    through(world, "PLAN", "A1")
    world.back("A2", "A1")
    assert sorted(world.at()) == ["A1", "B1"]
    world.back("B1", "PLAN")
    assert world.at() == ["PLAN"]
    world.do("PLAN")
    assert sorted(world.at()) == ["A1", "B1"]


def test_flowable_1641_a_returned_branch_stopped_at_the_join(world: World) -> None:
    """flowable-engine #1641: after a return into a branch the token waited at the join for ever, no to-do
    was left. Here: branches that had arrived stay arrived.
    """
    world.begin(consultation())
    through(world, "PLAN", "B1", "A1")
    world.back("A2", "A1")
    through(world, "A1", "A2")
    assert world.at() == ["LEADER"]


def test_flowable_1674_leaving_a_countersign_left_its_parent_behind(world: World) -> None:
    """flowable-engine #1674: moving the tasks of several people away needed the parent execution, or the
    step did not come right again. Here: a second round begins clean, votes of the first do not count.
    """
    world.begin(committee("ratio", share=60))
    world.do("PREP")
    world.say(world.seat("SIGN", "PLAN"), "NO")
    law = world.seat("SIGN", "LAW")
    actions.return_to(law.pk, person=world["section_head1"], target="PREP", opinion="退回")
    world.do("PREP")
    world.say(world.seat("SIGN", "LAW"), "NO")
    assert world.at() == ["SIGN"] * 2, "one no in this round, not two"
    through(world, "SIGN", "SIGN")
    assert world.at() == ["LEADER"]


def test_flowable_3919_returning_several_people_doubled_or_lost_tasks(world: World) -> None:
    """flowable-engine #3919 and its kin (#3944, #4046): going from one step of several people to an earlier
    step gave as many copies of it as there were people, or none. Here: exactly one.
    """
    world.begin(committee())
    through(world, "PREP", "SIGN")
    seat = world.open()[0]
    actions.return_to(seat.pk, person=world.who(seat), target="PREP", opinion="退回")
    assert world.at() == ["PREP"]
    assert world.instance.items.filter(node="PREP").count() == 2


def test_codingapi_108_a_return_to_a_step_offered_to_several(world: World) -> None:
    """codingapi/springboot-framework #108: a return went wrong where several could have done the step.
    Here: it goes to the one who did it, and to the whole desk again if they have left.
    """
    world.begin(approval())
    world.do("ACCEPT", person=world["handler2"])
    through(world, "REVIEW", "CHECK")
    world.back("DECIDE", "REVIEW")
    assert world.item("REVIEW").assignee == world["handler2"]
    world["handler2"].grants.all().delete()
    world.do("REVIEW", person=world["handler2"])
    world.back("CHECK", "REVIEW")
    assert world.item("REVIEW").assignee is None


def test_codingapi_183_returns_one_after_the_other_lost_their_way(world: World) -> None:
    """codingapi/springboot-framework #183: returning step by step did not go back step by step.
    Here: each return finds the step before it, also after a return.
    """
    world.begin(approval())
    through(world, "ACCEPT", "REVIEW", "CHECK")
    world.back("DECIDE", "CHECK")
    world.back("CHECK", "REVIEW")
    assert world.at() == ["REVIEW"]
    through(world, "REVIEW", "CHECK")
    assert world.at() == ["DECIDE"]


def test_a_vote_in_a_countersign_could_not_be_taken_back(world: World) -> None:
    """steedos #1377 (会签节点无法取回), Activiti #2181: no withdrawal, or none in a countersign.
    Here: one's own vote may be taken back until somebody has opened what it led to.
    """
    world.begin(committee())
    world.do("PREP")
    world.say(world.seat("SIGN", "PLAN"))
    actions.withdraw(world.instance.pk, person=world["handler1"])
    through(world, *["SIGN"] * 3)
    actions.open_item(world.item("LEADER").pk, world["deputy_director1"])
    with pytest.raises(Refusal, match="下一环节已签收或已办理"):
        actions.withdraw(world.instance.pk, person=world["section_head1"])


def test_a_reset_lost_what_had_been_entered(world: World) -> None:
    """spiff-arena #705, #657: after a reset the data of the task were empty and its form would not open.
    Here: case data are not the engine's; opinions and outcomes of every round stay readable.
    """
    world.begin(approval())
    world.do("ACCEPT", opinion="材料齐全。")
    world.do("REVIEW", opinion="面积无误。")
    world.back("CHECK", "REVIEW")
    world.do("REVIEW", opinion="已补充。")
    opinions = [opinion for node, _, opinion in told(world) if node == "REVIEW"]
    assert opinions == ["面积无误。", "已补充。"]


def test_staff_read_lock_errors(world: World) -> None:
    """spiff-arena #1006 (ProcessInstanceIsAlreadyLocked), Flowable #1487: people saw the engine's locks.
    Here: who comes second reads the name of who was faster, and nothing of locks.
    """
    world.begin(approval())
    item = world.item("ACCEPT")
    world.do("ACCEPT", person=world["handler2"])
    with pytest.raises(Refusal) as caught:
        world.say(item, person=world["handler1"], seen_version=item.version)
    assert caught.value.message == "handler2先生 刚刚已办理“受理”（同意）。"
    assert "锁" not in caught.value.message + caught.value.hint


def test_every_round_of_a_step_has_its_own_limit(world: World) -> None:
    """YunaiV/ruoyi-vue-pro #1018: after a return the reminder of a step did not work any more.
    Here: due dates are rows; a new round has its own.
    """
    world.begin(approval())
    world.do("ACCEPT")
    first = world.item("REVIEW").due_at
    world.do("REVIEW")
    with clock.moved_to(clock.now() + timedelta(days=9)):
        world.back("CHECK", "REVIEW")
        again = world.item("REVIEW")
        assert (first, again.due_at) == (first, max(first, again.due_at))  # type: ignore[type-var]
        assert again.due_at != first
        assert again.state == ItemState.OPEN

"""Every verb with its rule."""

from datetime import timedelta

import pytest
from tests.kernel.workflow.samples import World, approval, chain, graph, other, task

from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import actions, queries
from minfang.kernel.workflow.models import FlowEvent, ItemState, Suspension, WorkItem

pytestmark = pytest.mark.django_db


def test_a_case_goes_straight_through_to_its_end(world: World) -> None:
    world.begin(approval())
    for node, outcome in (
        ("ACCEPT", "OK"),
        ("REVIEW", "OK"),
        ("CHECK", "OK"),
        ("DECIDE", "APPROVE"),
        ("CERT", "OK"),
    ):
        assert world.at() == [node]
        world.do(node, outcome)
    instance = world.refreshed()
    assert (instance.state, instance.end_node, instance.case_status) == ("CLOSED", "DONE", "DONE")
    assert instance.closed_at
    assert world.at() == []


def test_a_condition_over_an_earlier_outcome_chooses_the_way(world: World) -> None:
    world.begin(approval())
    for node in ("ACCEPT", "REVIEW", "CHECK"):
        world.do(node)
    world.do("DECIDE", "DENY", opinion="不符合规定。")
    assert world.refreshed().end_node == "DENIED"


def test_a_condition_over_declared_facts_chooses_the_way(world: World) -> None:
    nodes = [other("S", "start"), other("X", "exclusive"), task("BIG"), task("SMALL"), other("E", "end")]
    edges = [
        *chain("S", "X"),
        {"from": "X", "to": "BIG", "when": "area > 1000"},
        {"from": "X", "to": "SMALL"},
        *chain("BIG", "E"),
        *chain("SMALL", "E"),
    ]
    raw = graph(nodes, edges, facts={"area": "number"})
    world.begin(raw, area=1000.5)
    assert world.at() == ["BIG"]
    world.begin(raw, area=1000)
    assert world.at() == ["SMALL"]
    with pytest.raises(Refusal, match="area"):
        world.begin(raw)


def test_an_unknown_outcome_or_a_missing_opinion_is_refused_and_changes_nothing(world: World) -> None:
    world.begin(approval())
    with pytest.raises(Refusal, match="没有这种办理结果"):
        world.do("ACCEPT", "FLY")
    for node in ("ACCEPT", "REVIEW", "CHECK"):
        world.do(node)
    with pytest.raises(Refusal, match="请填写意见"):
        world.do("DECIDE", "DENY", opinion="  ")
    with pytest.raises(Refusal, match="2000"):
        world.do("DECIDE", "DENY", opinion="长" * 2001)
    assert world.at() == ["DECIDE"]


def test_opinions_are_kept_and_encrypted_at_rest(world: World) -> None:
    world.begin(approval())
    item = world.do("ACCEPT", opinion="材料齐全。").closed[0]
    assert WorkItem.objects.get(pk=item.pk).opinion == "材料齐全。"
    raw = WorkItem.objects.raw(
        "SELECT id, opinion::text AS stored FROM workflow_item WHERE id = %s", [item.pk]
    )
    assert "材料".encode().hex() not in raw[0].stored


def test_a_return_keeps_the_history_and_every_later_step_is_done_again(world: World) -> None:
    world.begin(approval())
    for node in ("ACCEPT", "REVIEW", "CHECK"):
        world.do(node)
    world.back("DECIDE", "REVIEW")
    assert [(i.node, i.round) for i in world.open()] == [("REVIEW", 2)]
    world.do("REVIEW")
    assert [(i.node, i.round) for i in world.open()] == [("CHECK", 2)]
    states = list(world.instance.items.order_by("number").values_list("node", "round", "state", "current"))
    assert states == [
        ("ACCEPT", 1, "DONE", True),
        ("REVIEW", 1, "DONE", False),
        ("CHECK", 1, "DONE", False),
        ("DECIDE", 1, "RETURNED", True),
        ("REVIEW", 2, "DONE", True),
        ("CHECK", 2, "OPEN", True),
    ]
    assert [s.label for s in queries.history(world.instance) if s.node == "DECIDE"] == ["退回"]


def test_a_step_comes_back_to_whoever_did_it(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT", person=world["handler2"])
    assert world.item("REVIEW").assignee == world["handler2"], "same_person_as"
    world.do("REVIEW")
    world.do("CHECK", person=world["section_head2"])
    world.back("DECIDE", "CHECK")
    assert world.item("CHECK").assignee == world["section_head2"]


def test_a_step_is_offered_to_the_desk_when_its_person_has_left_the_role(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT", person=world["handler2"])
    world["handler2"].grants.all().delete()
    item = world.item("REVIEW")
    actions.complete(item.pk, person=world["handler2"], outcome="OK", opinion="", facts={})
    world.back("CHECK", "REVIEW")
    assert world.item("REVIEW").assignee is None


def test_jumping_back_skips_the_steps_between_while_the_result_is_the_same(world: World) -> None:
    raw = approval()
    next(node for node in raw["nodes"] if node["code"] == "DECIDE")["return_policy"] = "jump_back"
    world.begin(raw)
    for node in ("ACCEPT", "REVIEW", "CHECK"):
        world.do(node)
    world.back("DECIDE", "REVIEW")
    world.do("REVIEW")
    assert [(i.node, i.round, i.assignee) for i in world.open()] == [("DECIDE", 2, world["deputy_director1"])]
    offered = queries.allowed_verbs(world.item("DECIDE"), _access(world["deputy_director1"]))
    assert [verb.target for verb in offered if verb.target] == ["CHECK", "REVIEW"]


def test_a_changed_decision_does_not_jump_past_those_who_must_see_it(world: World) -> None:
    raw = approval()
    nodes = {node["code"]: node for node in raw["nodes"]}
    nodes["DECIDE"]["return_policy"] = "jump_back"
    nodes["REVIEW"]["outcomes"] = [{"code": "GRANT"}, {"code": "REFUSE"}]
    world.begin(raw)
    world.do("ACCEPT")
    world.do("REVIEW", "GRANT")
    world.do("CHECK")
    world.back("DECIDE", "REVIEW")
    world.do("REVIEW", "REFUSE")
    assert world.at() == ["CHECK"]


def test_only_listed_and_finished_steps_can_be_returned_to(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    world.do("REVIEW")
    for target in ("DECIDE", "CHECK", "NOWHERE"):
        with pytest.raises(Refusal, match="不能退回"):
            world.back("CHECK", target)
    with pytest.raises(Refusal, match="意见"):
        actions.return_to(world.item("CHECK").pk, person=world["section_head1"], target="REVIEW", opinion=" ")


def test_the_applicant_may_be_a_target_without_having_been_there(world: World) -> None:
    nodes = [
        other("S", "start"),
        task("FIRST"),
        task("SECOND", return_to=["REVISE"]),
        other("E", "end"),
        task("REVISE", "applicant", case_status="REVISING"),
    ]
    world.begin(graph(nodes, [*chain("S", "FIRST", "SECOND", "E"), *chain("REVISE", "FIRST")]))
    world.do("FIRST")
    world.back("SECOND", "REVISE")
    assert world.item("REVISE").assignee == world.applicant
    assert world.refreshed().case_status == "REVISING"
    world.do("REVISE", person=world.applicant)
    assert [(i.node, i.round) for i in world.open()] == [("FIRST", 2)]


def test_a_supplement_stops_the_clock_and_comes_back_to_who_asked(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT", person=world["handler2"])
    transition = world.ask("REVIEW")
    assert [item.state for item in transition.closed] == [ItemState.ASKED]
    assert world.at() == ["SUPP"]
    assert world.refreshed().case_status == "SUPPLEMENT"
    assert Suspension.objects.get().ended_at is None
    with clock.moved_to(clock.now() + timedelta(days=7)):
        world.answer()
        assert [(i.node, i.round, i.assignee) for i in world.open()] == [("REVIEW", 2, world["handler2"])]
        (pause,) = queries.suspensions_of(world.instance)
        assert (pause[1] - pause[0]).days == 7
    assert world.refreshed().case_status == "REVIEWING"
    world.ask("REVIEW")
    world.answer()
    assert world.item("REVIEW").round == 3


def test_only_the_applicant_or_a_colleague_of_the_same_party_answers(world: World) -> None:
    world.begin(approval())
    world.ask("ACCEPT")
    with pytest.raises(Refusal) as refusal:
        actions.answer_supplement(world.item("SUPP").pk, person=world["handler1"])
    assert refusal.value.status == 404


def test_a_supplement_is_refused_where_the_definition_does_not_allow_it(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    world.do("REVIEW")
    with pytest.raises(Refusal, match="不能发起补正"):
        world.ask("CHECK")
    with pytest.raises(Refusal, match="不是补正"):
        actions.answer_supplement(world.item("CHECK").pk, person=world["section_head1"])


def test_the_last_actor_withdraws_while_nobody_has_opened_the_next_step(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    assert queries.may_withdraw(world.instance, _access(world["handler1"]))
    transition = actions.withdraw(world.instance.pk, person=world["handler1"])
    assert [(i.node, i.state) for i in transition.closed] == [("REVIEW", "WITHDRAWN")]
    assert [(i.node, i.round, i.assignee) for i in world.open()] == [("ACCEPT", 2, world["handler1"])]
    with pytest.raises(Refusal, match="不能撤回"):
        actions.withdraw(world.instance.pk, person=world["handler1"])


def test_nobody_withdraws_once_the_next_step_is_opened_or_done_or_by_others(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    with pytest.raises(Refusal, match="没有可撤回"):
        actions.withdraw(world.instance.pk, person=world["handler2"])
    actions.open_item(world.item("REVIEW").pk, world["handler1"])
    with pytest.raises(Refusal, match="已签收或已办理"):
        actions.withdraw(world.instance.pk, person=world["handler1"])
    world.do("REVIEW")
    actions.claim(world.item("CHECK").pk, person=world["section_head1"])
    with pytest.raises(Refusal, match="已签收或已办理"):
        actions.withdraw(world.instance.pk, person=world["handler1"])


def test_opening_is_noted_once_and_only_by_those_who_may_act(world: World) -> None:
    world.begin(approval())
    item = world.item("ACCEPT")
    actions.open_item(item.pk, world["handler_elsewhere"])
    assert world.item("ACCEPT").opened_at is None
    actions.open_item(item.pk, world["handler1"])
    actions.open_item(item.pk, world["handler2"])
    assert FlowEvent.objects.filter(verb="open").get().person == world["handler1"]
    assert world.item("ACCEPT").version == item.version, "looking does not make a colleague's page stale"


def test_a_transfer_goes_to_a_colleague_of_the_same_desk_and_keeps_the_chain(world: World) -> None:
    world.begin(approval())
    item = world.item("ACCEPT")
    actions.transfer(item.pk, person=world["handler1"], to=world["handler2"], reason="外出")
    assert world.item("ACCEPT").assignee == world["handler2"]
    with pytest.raises(Refusal, match="由handler2先生办理"):
        world.do("ACCEPT", person=world["handler1"])
    for to in ("handler2", "handler_elsewhere", "section_head1"):
        with pytest.raises(Refusal, match="不能接办"):
            actions.transfer(item.pk, person=world["handler2"], to=world[to], reason="外出")
    chain_of = FlowEvent.objects.filter(verb="transfer").values_list("person__username", "data__to")
    assert list(chain_of) == [("handler1", world["handler2"].pk)]


def test_a_claimed_item_is_no_longer_offered_to_the_desk(world: World) -> None:
    world.begin(approval())
    item = world.item("ACCEPT")
    actions.claim(item.pk, person=world["handler2"])
    assert actions.claim(item.pk, person=world["handler2"]).replayed
    with pytest.raises(Refusal, match="handler2先生"):
        actions.claim(item.pk, person=world["handler1"])


def test_an_item_whose_holder_is_away_is_offered_to_the_desk_again(world: World) -> None:
    world.begin(approval())
    item = world.item("ACCEPT")
    with pytest.raises(Refusal, match="未指定办理人"):
        actions.release(item.pk, person=None, reason="休假")
    actions.claim(item.pk, person=world["handler2"])
    actions.release(item.pk, person=world["section_head1"], reason="休假")
    assert world.item("ACCEPT").assignee is None
    assert [i.pk for i in queries.items_for(_access(world["handler1"]))] == [item.pk]
    world.do("ACCEPT", person=world["handler1"])
    with pytest.raises(Refusal, match="已办理"):
        actions.release(item.pk, person=None, reason="休假")


def test_a_system_step_is_finished_by_the_product_only(world: World) -> None:
    outcomes = [{"code": "DONE"}, {"code": "FAILED"}]
    nodes = [other("S", "start"), other("PUSH", "system", outcomes=outcomes), task("FIX"), other("E", "end")]
    edges = [
        *chain("S", "PUSH"),
        {"from": "PUSH", "to": "E", "outcome": "DONE"},
        {"from": "PUSH", "to": "FIX", "outcome": "FAILED"},
        *chain("FIX", "PUSH"),
    ]
    world.begin(graph(nodes, edges))
    item = world.item("PUSH")
    assert list(queries.system_items()) == [item]
    with pytest.raises(Refusal):
        world.do("PUSH", "DONE", person=world["handler1"])
    with pytest.raises(Refusal, match="不能由系统"):
        actions.complete_system(item.pk, outcome="OTHER")
    first = actions.complete_system(item.pk, outcome="FAILED", key="push-1")
    assert actions.complete_system(item.pk, outcome="FAILED", key="push-1").event == first.event
    with pytest.raises(Refusal, match="系统 刚刚已办理"):
        actions.complete_system(item.pk, outcome="DONE")
    world.do("FIX")
    actions.complete_system(world.item("PUSH").pk, outcome="DONE")
    assert world.refreshed().state == "CLOSED"


def test_cancelling_closes_everything_and_nothing_follows(world: World) -> None:
    world.begin(approval())
    world.ask("ACCEPT")
    actions.cancel(world.instance.pk, person=world["handler1"], reason="申请人撤件")
    instance = world.refreshed()
    assert (instance.state, instance.case_status) == ("CANCELLED", "CANCELLED")
    assert world.at() == []
    assert Suspension.objects.filter(ended_at__isnull=True).count() == 0
    with pytest.raises(Refusal, match="已撤销"):
        actions.cancel(world.instance.pk, person=world["handler1"], reason="再次")


def test_a_special_procedure_stops_everyone_and_its_days_do_not_count(world: World) -> None:
    world.begin(approval())
    with pytest.raises(Refusal, match="本环节不能启动"):
        actions.suspend(world.instance.pk, person=world["handler1"], reason="专家评审")
    world.do("ACCEPT")
    due = world.item("REVIEW").due_at
    with pytest.raises(Refusal, match="当前环节的办理人"):
        actions.suspend(world.instance.pk, person=world["section_head1"], reason="专家评审")
    actions.suspend(world.instance.pk, person=world["handler1"], reason="专家评审")
    assert world.refreshed().case_status == "SPECIAL"
    with pytest.raises(Refusal, match="特别程序中"):
        world.do("REVIEW")
    with clock.moved_to(clock.now() + timedelta(days=14)):
        actions.resume(world.instance.pk, person=world["handler1"])
        assert due is not None
        assert (world.item("REVIEW").due_at - due).days == 14
        world.do("REVIEW")


def test_every_verb_leaves_an_audit_entry_in_the_same_transaction(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    world.ask("REVIEW")
    entries = AuditEvent.objects.filter(target="case:SH1").order_by("id").values_list("action", flat=True)
    assert list(entries) == ["workflow.start", "workflow.complete", "workflow.supplement"]


def test_history_can_neither_be_changed_nor_removed(world: World) -> None:
    event = world.begin(approval()).event
    with pytest.raises(RuntimeError):
        event.save()
    with pytest.raises(RuntimeError):
        event.delete()


def _access(person: object) -> queries.Access:
    return queries.Access(person)  # type: ignore[arg-type]

"""The desk, the buttons, the history and the picture of a case."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from tests.kernel.workflow.samples import World, approval, consultation

from minfang.kernel.base import clock
from minfang.kernel.base.clock import SHANGHAI
from minfang.kernel.iam.access import Access
from minfang.kernel.workdays.actions import load_official_years
from minfang.kernel.workflow import actions, queries
from minfang.kernel.workflow.models import ProcessInstance, WorkItem

pytestmark = pytest.mark.django_db


def desk(world: World, name: str) -> list[str]:
    return [item.node for item in queries.items_for(Access(world[name]))]


def test_an_item_lies_on_every_desk_of_its_role_until_somebody_takes_it(world: World) -> None:
    world.begin(approval())
    assert desk(world, "handler1") == desk(world, "handler2") == ["ACCEPT"]
    assert desk(world, "section_head1") == desk(world, "handler_elsewhere") == []
    actions.claim(world.item("ACCEPT").pk, person=world["handler2"])
    assert (desk(world, "handler1"), desk(world, "handler2")) == ([], ["ACCEPT"])
    world.do("ACCEPT")
    assert list(queries.done_by(world["handler2"]).values_list("node", flat=True)) == ["ACCEPT"]


def fill_the_table(world: World) -> None:
    """Finished items of this office and open ones of another, as a year of work leaves them."""
    done = {"organization": world.office, "state": "DONE", "closed_at": clock.now()}
    waiting = {"organization": world.elsewhere, "state": "OPEN", "due_at": clock.now()}
    WorkItem.objects.bulk_create(
        WorkItem(
            instance=world.instance,
            number=number,
            round=number,
            node="OLD",
            role="handler",
            arrived_at=clock.now(),
            **(done if number % 2 else waiting),
        )
        for number in range(100, 6100)
    )


def test_the_desk_is_one_query_over_an_index(world: World, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        world.begin(approval())
    access = Access(world["handler1"])
    assert access.grants
    with django_assert_num_queries(1):
        assert [item.instance.subject for item in queries.items_for(access)] == ["case:SH1"] * 5
    fill_the_table(world)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE workflow_item")
        sql, params = queries.items_for(access).query.sql_with_params()
        cursor.execute("EXPLAIN " + sql, params)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on workflow_item" not in plan
    assert "workflow_item_desk" in plan


def test_the_soonest_due_item_comes_first(world: World) -> None:
    world.begin(approval())
    world.begin(consultation())
    world.begin(approval())
    WorkItem.objects.filter(instance=world.instance).update(due_at=clock.now())
    items = list(queries.items_for(Access(world["handler1"])))
    assert items[0].instance_id == world.instance.pk
    assert [item.due_at is None for item in items] == [False, False, True]


def test_an_item_is_due_at_the_end_of_its_working_day(world: World) -> None:
    load_official_years([2026])
    with clock.moved_to(datetime(2026, 9, 28, 10, 0, tzinfo=SHANGHAI)):
        world.begin(approval())
    due = world.item("ACCEPT").due_at
    assert due is not None
    assert due.astimezone(SHANGHAI) == datetime(2026, 10, 10, 23, 59, 59, tzinfo=SHANGHAI)


def test_what_is_due_is_found_until_it_is_done(world: World) -> None:
    world.begin(approval())
    due = world.item("ACCEPT").due_at
    assert due is not None
    assert list(queries.due_before(due)) == []
    assert [item.node for item in queries.due_before(due + timedelta(seconds=1))] == ["ACCEPT"]
    world.ask("ACCEPT")
    assert "ACCEPT" not in [item.node for item in queries.due_before(due + timedelta(days=90))]


def buttons(world: World, node: str, name: str) -> list[str]:
    verbs = queries.allowed_verbs(world.item(node), Access(world[name]))
    return [verb.outcome or verb.target or verb.verb for verb in verbs]


def test_the_buttons_are_what_the_definition_and_the_moment_allow(world: World) -> None:
    world.begin(approval())
    assert buttons(world, "ACCEPT", "handler1") == ["OK", "supplement", "transfer", "claim"]
    assert buttons(world, "ACCEPT", "section_head1") == []
    world.do("ACCEPT")
    assert buttons(world, "REVIEW", "handler1") == ["OK", "supplement", "suspend"]
    assert buttons(world, "REVIEW", "handler2") == [], "assigned to a colleague"
    actions.suspend(world.instance.pk, person=world["handler1"], reason="评审")
    assert buttons(world, "REVIEW", "handler1") == ["resume"]
    actions.resume(world.instance.pk, person=world["handler1"])
    world.do("REVIEW")
    assert buttons(world, "CHECK", "section_head2") == ["OK", "REVIEW", "ACCEPT", "claim"]
    back = next(
        v for v in queries.allowed_verbs(world.item("CHECK"), Access(world["section_head1"])) if v.target
    )
    assert (back.verb, back.label, back.policies) == ("return", "退回审查", ["replay", "jump_back"])
    assert back.opinion_required


def test_the_applicant_sees_the_supplement_only(world: World) -> None:
    world.begin(approval())
    world.ask("ACCEPT")
    assert buttons(world, "SUPP", "applicant") == ["answer"]
    assert buttons(world, "SUPP", "handler1") == []
    assert queries.item_for(Access(world.applicant), world.refreshed()) == world.item("SUPP")
    assert queries.item_for(Access(world["handler1"]), world.refreshed()) is None


def test_who_is_expected_to_act_is_named(world: World) -> None:
    world.begin(approval())
    assert queries.role_people(world.item("ACCEPT")) == "handler1先生、handler2先生"
    world.do("ACCEPT")
    assert queries.role_people(world.item("REVIEW")) == "handler1先生"
    for person in world.people.values():
        person.grants.all().delete()
    WorkItem.objects.filter(node="REVIEW").update(assignee=None)
    assert queries.role_people(world.item("REVIEW")) == "handler岗"


def test_the_newest_instance_of_a_subject_is_found(world: World) -> None:
    world.begin(approval())
    assert queries.instance_of("case:SH1") == world.instance
    assert queries.instance_of("case:SH1", "SAMPLE") == world.instance
    assert queries.instance_of("case:SH1", "OTHER") is None
    assert queries.instance_of("case:SH2") is None


def drawn(world: World) -> dict[str, Any]:
    instance = ProcessInstance.objects.get(pk=world.instance.pk)
    return queries.drawing(instance.definition, instance)


def test_the_picture_shows_who_did_what_when_and_where_the_case_stands(world: World) -> None:
    load_official_years([2026])
    with clock.moved_to(datetime(2026, 6, 26, 9, 0, tzinfo=SHANGHAI)):
        world.begin(approval())
        world.ask("ACCEPT")
        asked = drawn(world)
    with clock.moved_to(datetime(2026, 7, 3, 9, 0, tzinfo=SHANGHAI)):
        world.answer()
    with clock.moved_to(datetime(2026, 7, 6, 9, 0, tzinfo=SHANGHAI)):
        world.do("ACCEPT")
    picture = drawn(world)
    nodes = {node["code"]: node for node in picture["nodes"]}
    assert list(nodes) == ["START", "ACCEPT", "REVIEW", "CHECK", "DECIDE", "GRANTED", "CERT", "DONE"]
    states = [node["state"] for node in picture["nodes"]]
    assert states == ["done", "done", "current", "todo", "todo", "todo", "todo", "todo"]
    assert nodes["ACCEPT"]["people"] == ["handler1先生"]
    assert nodes["ACCEPT"]["dates"] == ["2026-06-26", "2026-07-06"]
    assert nodes["CHECK"]["people"] == ["section_head岗"]
    (loop,) = picture["loops"]
    assert (loop["from"], loop["to"], loop["name"], loop["state"]) == (
        "ACCEPT",
        "ACCEPT",
        "SUPP 1 轮",
        "done",
    )
    assert loop["detail"] == "06-26 告知，07-03 补齐，停钟 5 日"
    assert [node["code"] for node in picture["side"]] == ["DENIED"]
    assert asked["loops"][0]["state"] == "current"
    assert "待补正" in asked["loops"][0]["detail"]


def test_returns_are_loops_with_their_times(world: World) -> None:
    world.begin(approval())
    for _ in range(2):
        if world.at() == ["ACCEPT"]:
            world.do("ACCEPT")
        world.do("REVIEW")
        world.back("CHECK", "REVIEW")
    (loop,) = drawn(world)["loops"]
    assert (loop["from"], loop["to"], loop["name"], loop["count"]) == ("CHECK", "REVIEW", "退回 2 次", 2)


def test_nodes_do_not_lie_on_each_other_and_the_main_line_is_straight(world: World) -> None:
    world.begin(consultation())
    picture = drawn(world)
    places = [(node["x"], node["y"]) for node in picture["nodes"] + picture["side"]]
    assert len(set(places)) == len(places)
    line = [node for node in picture["nodes"] if node["y"] == 0]
    assert [node["code"] for node in line] == ["START", "PLAN", "FORK", "A1", "A2", "JOIN", "LEADER", "END"]
    assert all(len(edge["points"]) >= 2 for edge in picture["edges"])


def test_a_definition_is_drawn_without_an_instance(world: World) -> None:
    definition = actions.publish("SAMPLE", approval())
    picture = queries.drawing(definition)
    assert {node["state"] for node in picture["nodes"]} == {"todo"}
    assert picture["loops"] == []


def test_the_history_names_every_step_with_its_codes(world: World) -> None:
    raw = approval()
    nodes = {node["code"]: node for node in raw["nodes"]}
    nodes["ACCEPT"].update(node_type=1)
    nodes["ACCEPT"]["outcomes"][0].update(node_result=4)
    nodes["CHECK"].update(node_type=2, return_result=7)
    nodes["SUPP"].update(node_type=1, node_result=5)
    world.begin(raw)
    with clock.moved_to(clock.now() + timedelta(minutes=1)):
        world.ask("ACCEPT")
    with clock.moved_to(clock.now() + timedelta(minutes=2)):
        world.answer()
        world.do("ACCEPT", opinion="齐全")
    with clock.moved_to(clock.now() + timedelta(minutes=3)):
        world.do("REVIEW")
        world.back("CHECK", "REVIEW")
    lines = [
        (s.node, s.round, s.label, s.node_type, s.node_result) for s in queries.history(world.refreshed())
    ]
    assert lines == [
        ("ACCEPT", 1, "补正告知", 1, 5),
        ("SUPP", 1, "提交补正", 1, 5),
        ("ACCEPT", 2, "同意", 1, 4),
        ("REVIEW", 1, "同意", None, None),
        ("CHECK", 1, "退回", 2, 7),
        ("REVIEW", 2, "待办", None, None),
    ]

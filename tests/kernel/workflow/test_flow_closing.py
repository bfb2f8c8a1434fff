"""What happens to a case as a whole: shortcuts, other offices, cancelling, voiding, re-opening."""

from datetime import timedelta

import pytest
from tests.kernel.workflow.samples import World, approval, committee

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import RoleGrant
from minfang.kernel.workflow import actions, queries

pytestmark = pytest.mark.django_db


def to_the_end(world: World) -> None:
    world.begin(committee("any"))
    for node in ("PREP", "SIGN", "LEADER"):
        world.do(node)
    assert world.refreshed().state == "CLOSED"


def test_a_shortcut_asks_for_its_role_and_leaves_out_what_lies_between(world: World) -> None:
    world.begin(committee())
    item = world.item("PREP")
    with pytest.raises(Refusal, match="不能在本环节这样跳级"):
        actions.skip(item.pk, person=world["handler1"], code="URGENT", opinion="抢险工程")
    role = world["section_head1"].grants.get().role
    RoleGrant.objects.create(person=world["handler1"], role=role, organization=world.office)
    labels = [verb.label for verb in queries.allowed_verbs(item, Access(world["handler1"]))]
    assert "直报领导" in labels
    with pytest.raises(Refusal, match="请填写意见"):
        actions.skip(item.pk, person=world["handler1"], code="URGENT")
    actions.skip(item.pk, person=world["handler1"], code="URGENT", opinion="抢险工程")
    assert world.at() == ["LEADER"]


def test_a_case_goes_to_a_district_in_an_allowed_direction_only(world: World) -> None:
    world.begin(committee())
    item = world.item("PREP")
    done = actions.hand_over(item.pk, person=world["handler1"], office=world.elsewhere, reason="属区管")
    assert done.instance.organization == world.elsewhere
    assert not queries.items_for(Access(world["handler2"])).exists()
    (there,) = queries.items_for(Access(world["handler_elsewhere"]))
    assert (there.node, there.due_at, there.pk) == ("PREP", item.due_at, item.pk)
    with pytest.raises(Refusal, match="不能转派至市国动办"):
        actions.hand_over(item.pk, person=world["handler_elsewhere"], office=world.office, reason="退回")
    assert done.event.data["office_from"] == world.office.pk


def test_no_case_goes_where_nobody_can_do_the_step(world: World) -> None:
    world.begin(committee())
    RoleGrant.objects.filter(person=world["handler_elsewhere"]).delete()
    with pytest.raises(Refusal, match="普陀区国动办没有办理该环节的岗位"):
        actions.hand_over(
            world.item("PREP").pk, person=world["handler1"], office=world.elsewhere, reason="属区管"
        )


def test_cancelling_is_approved_while_the_case_stands_still(world: World) -> None:
    world.begin(committee())
    item = world.item("PREP")
    asked = actions.request_cancel(world.instance.pk, person=world["handler1"], reason="重复申报")
    assert (asked.instance.state, asked.instance.case_status) == ("CANCELLING", "CANCELLING")
    with pytest.raises(Refusal, match="正在报批撤销，暂停办理"):
        world.do("PREP")
    world.say(world.item("CANCEL1"), "REFUSE")
    assert world.refreshed().state == "RUNNING"
    assert world.at() == ["PREP"]
    actions.request_cancel(world.instance.pk, person=world["handler1"], reason="重复申报")
    world.say(world.item("CANCEL1"), "AGREE")
    instance = world.refreshed()
    assert (instance.state, instance.case_status, world.at()) == ("CANCELLED", "CANCELLED", [])
    with pytest.raises(Refusal, match="section_head1先生 刚刚已撤销该件"):
        world.say(item, person=world["handler2"])


def test_only_whoever_has_part_in_a_case_may_ask_to_cancel_it(world: World) -> None:
    world.begin(committee())
    with pytest.raises(Refusal, match="只有办理过该件的人员"):
        actions.request_cancel(world.instance.pk, person=world["deputy_director1"], reason="错")


def test_cancelling_during_a_special_procedure_ends_its_pause(world: World) -> None:
    world.begin(committee())
    actions.suspend(world.instance.pk, person=world["handler1"], reason="听证")
    actions.request_cancel(world.instance.pk, person=world["handler1"], reason="重复申报")
    assert world.instance.suspensions.filter(ended_at__isnull=True).count() == 1
    world.say(world.item("CANCEL1"), "AGREE")
    assert not world.instance.suspensions.filter(ended_at__isnull=True).exists()


def test_voiding_takes_every_level_and_keeps_the_day_of_closing(world: World) -> None:
    to_the_end(world)
    closed_at = world.refreshed().closed_at
    with clock.moved_to(clock.now() + timedelta(days=3)):
        actions.request_void(world.instance.pk, person=world["handler1"], reason="要素错误")
        world.say(world.item("VOID1"), "AGREE")
        assert world.at() == ["VOID2"]
        world.say(world.item("VOID2"), "REFUSE")
        instance = world.refreshed()
        assert (instance.state, instance.case_status, instance.closed_at) == ("CLOSED", "DONE", closed_at)
        actions.request_void(world.instance.pk, person=world["handler1"], reason="要素错误")
        for level in ("VOID1", "VOID2"):
            world.say(world.item(level), "AGREE")
    instance = world.refreshed()
    assert (instance.state, instance.case_status, instance.closed_at) == ("VOIDED", "VOIDED", closed_at)


def test_what_is_running_is_not_voided_and_what_is_closed_not_cancelled(world: World) -> None:
    world.begin(committee("any"))
    with pytest.raises(Refusal, match="作废只针对已办结的件"):
        actions.request_void(world.instance.pk, person=world["handler1"], reason="错")
    for node in ("PREP", "SIGN", "LEADER"):
        world.do(node)
    with pytest.raises(Refusal, match="撤销只针对尚未办结的件"):
        actions.request_cancel(world.instance.pk, person=world["handler1"], reason="错")


def test_re_opening_clears_what_said_the_case_was_closed(world: World) -> None:
    to_the_end(world)
    with pytest.raises(Refusal, match="您不能重开该件"):
        actions.reopen(world.instance.pk, person=world["handler1"], target="LEADER", reason="复核")
    head = world["section_head1"]
    assert [v.label for v in queries.case_verbs(world.refreshed(), Access(head))][-2:] == [
        "重开至审定",
        "重开至会签",
    ]
    actions.reopen(world.instance.pk, person=head, target="LEADER", reason="复核")
    instance = world.refreshed()
    assert (instance.state, instance.end_node, instance.closed_at) == ("RUNNING", "", None)
    assert world.at() == ["LEADER"]
    world.do("LEADER")
    assert world.refreshed().state == "CLOSED"
    assert queries.replay(instance.definition, instance.events.order_by("sequence")) == queries.state_of(
        world.refreshed()
    )


def test_a_definition_without_levels_offers_no_cancelling(world: World) -> None:
    world.begin(approval())
    verbs = queries.allowed_verbs(world.item("ACCEPT"), Access(world["handler1"]))
    assert "ask_cancel" not in {verb.verb for verb in verbs}
    with pytest.raises(Refusal, match="不能撤销"):
        actions.request_cancel(world.instance.pk, person=world["handler1"], reason="错")

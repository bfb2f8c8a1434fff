"""One step done by several: countersigning by its rules, co-signers before, after and beside, delegation."""

import pytest
from tests.kernel.workflow.samples import World, committee

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.kernel.workflow import actions, queries
from minfang.kernel.workflow.models import WorkItem

pytestmark = pytest.mark.django_db
ALL, NONE = ("PLAN", "LAW", "FEE"), ()


def signing(world: World, rule: str = "all", **more: object) -> None:
    world.begin(committee(rule, **more))
    world.do("PREP")


@pytest.mark.parametrize(
    ("rule", "more", "votes", "goes_to"),
    [
        ("all", {}, ["OK", "OK", "OK"], "LEADER"),
        ("all", {}, ["OK", "NO"], "REJECTED"),
        ("all", {"wait": True}, ["NO", "OK", "OK"], "REJECTED"),
        ("any", {}, ["OK"], "LEADER"),
        ("any", {}, ["NO", "NO", "NO"], "REJECTED"),
        ("ratio", {"share": 60}, ["OK", "NO", "OK"], "LEADER"),
        ("ratio", {"share": 60}, ["NO", "NO"], "REJECTED"),
        ("ratio", {"share": 34, "wait": True}, ["OK", "OK", "NO"], "LEADER"),
    ],
)
def test_a_countersigned_step_ends_as_its_rule_says(
    world: World, rule: str, more: dict[str, object], votes: list[str], goes_to: str
) -> None:
    signing(world, rule, **more)
    for seat, vote in zip(ALL, votes, strict=False):
        assert world.at() == ["SIGN"] * len(world.open()), "not over before the last of these votes"
        world.say(world.seat("SIGN", seat), vote)
    instance = world.refreshed()
    assert (instance.end_node or world.at()[0]) == goes_to
    assert world.at() == ([] if goes_to == "REJECTED" else ["LEADER"])


def test_seats_asked_in_order_come_one_after_the_other(world: World) -> None:
    signing(world, "ordered")
    seen = []
    while world.at() == ["SIGN"]:
        seen.append(world.open()[0].actor)
        world.say(world.open()[0])
    assert seen == list(ALL)
    assert world.at() == ["LEADER"]


def test_voices_no_longer_needed_are_closed_and_kept(world: World) -> None:
    signing(world, "any")
    law = world.seat("SIGN", "LAW")
    world.say(world.seat("SIGN", "PLAN"))
    with pytest.raises(Refusal, match="handler1先生 刚刚办理后“会签”已有结果，无须再签。"):
        world.say(law, person=world["section_head1"])
    assert WorkItem.objects.get(pk=law.pk).state == "SKIPPED"


def test_a_seat_is_offered_to_its_own_role_only(world: World) -> None:
    signing(world)
    with pytest.raises(Refusal) as caught:
        world.say(world.seat("SIGN", "FEE"), person=world["handler1"])
    assert caught.value.status == 404
    assert queries.items_for(Access(world["cert_issuer2"])).get().actor == "FEE"


def test_a_vote_may_be_taken_back_and_skipped_voices_are_asked_again(world: World) -> None:
    signing(world, "any")
    world.say(world.seat("SIGN", "PLAN"))
    actions.withdraw(world.instance.pk, person=world["handler1"])
    assert world.at() == ["SIGN"] * 3
    world.say(world.seat("SIGN", "FEE"))
    assert world.at() == ["LEADER"]


def test_a_return_out_of_a_countersigned_step_closes_every_seat(world: World) -> None:
    signing(world)
    world.say(world.seat("SIGN", "PLAN"))
    law = world.seat("SIGN", "LAW")
    actions.return_to(law.pk, person=world["section_head1"], target="PREP", opinion="材料不齐")
    assert world.at() == ["PREP"]
    world.do("PREP")
    assert sorted(item.actor for item in world.open()) == sorted(ALL)
    assert {item.round for item in world.open()} == {2}


def test_a_voice_added_beside_the_seats_counts_like_them(world: World) -> None:
    signing(world)
    plan = world.seat("SIGN", "PLAN")
    actions.add_signer(plan.pk, person=world["handler1"], to=world["prereviewer1"], when="parallel")
    for seat in ALL:
        world.say(world.seat("SIGN", seat))
    assert world.at() == ["SIGN"]
    world.say(world.seat("SIGN", "prereviewer1"))
    assert world.at() == ["LEADER"]


def prep(world: World) -> WorkItem:
    world.begin(committee())
    return world.item("PREP")


def test_who_signs_before_holds_the_officer_up(world: World) -> None:
    item = prep(world)
    actions.add_signer(item.pk, person=world["handler1"], to=world["section_head1"], when="before")
    with pytest.raises(Refusal, match="已请他人先行签署"):
        world.say(item, person=world["handler1"])
    assert not queries.items_for(Access(world["handler1"])).exists()
    world.say(world.seat("PREP", "section_head1"), "OBJECT")
    assert world.at() == ["PREP"], "an opinion before is advice"
    world.do("PREP", person=world["handler1"])
    assert world.at() == ["SIGN"] * 3


def test_who_signs_after_is_asked_when_the_officer_is_done(world: World) -> None:
    item = prep(world)
    actions.add_signer(item.pk, person=world["handler1"], to=world["section_head1"], when="after")
    helper = world.seat("PREP", "section_head1")
    with pytest.raises(Refusal, match="先行签署"):
        world.say(helper, "AGREE")
    world.do("PREP", person=world["handler1"])
    assert world.at() == ["PREP"]
    world.say(helper, "AGREE")
    assert world.at() == ["SIGN"] * 3


def test_an_objection_after_the_decision_asks_the_officer_again(world: World) -> None:
    item = prep(world)
    actions.add_signer(item.pk, person=world["handler1"], to=world["section_head1"], when="after")
    world.do("PREP", person=world["handler1"])
    world.say(world.seat("PREP", "section_head1"), "OBJECT")
    (again,) = world.open()
    assert (again.node, again.assignee, again.round) == ("PREP", world["handler1"], 2)
    world.do("PREP")
    assert world.at() == ["SIGN"] * 3


def test_who_signs_beside_is_waited_for(world: World) -> None:
    item = prep(world)
    actions.add_signer(item.pk, person=world["handler1"], to=world["section_head1"], when="parallel")
    world.do("PREP", person=world["handler1"])
    assert world.at() == ["PREP"]
    world.say(world.seat("PREP", "section_head1"), "AGREE")
    assert world.at() == ["SIGN"] * 3


@pytest.mark.parametrize("when", ["before", "after", "parallel"])
def test_a_signer_may_be_taken_off_by_whoever_added_them(world: World, when: str) -> None:
    item = prep(world)
    actions.add_signer(item.pk, person=world["handler1"], to=world["section_head1"], when=when)
    helper = world.seat("PREP", "section_head1")
    with pytest.raises(Refusal, match="只有加签人本人"):
        actions.remove_signer(helper.pk, person=world["section_head1"])
    if when != "before":
        world.do("PREP", person=world["handler1"])
    assert queries.signers_of(world.instance, world["handler1"]) == [helper]
    actions.remove_signer(helper.pk, person=world["handler1"])
    if when == "before":
        world.do("PREP", person=world["handler1"])
    assert world.at() == ["SIGN"] * 3
    assert WorkItem.objects.get(pk=helper.pk).state == "REMOVED"


def test_a_delegate_gives_an_opinion_and_the_item_comes_back(world: World) -> None:
    item = prep(world)
    actions.delegate(item.pk, person=world["handler1"], to=world["handler2"], reason="出差")
    helper = world.seat("PREP", "handler2")
    verbs = queries.allowed_verbs(helper, Access(world["handler2"]))
    assert [verb.label for verb in verbs] == ["同意", "有不同意见"]
    world.say(helper, "AGREE")
    (item,) = world.open()
    assert (item.actor, item.held) == ("", False)
    assert world.do("PREP", person=world["handler1"]).opened[0].node == "SIGN"


def test_whoever_was_added_neither_returns_nor_adds_others(world: World) -> None:
    item = prep(world)
    actions.add_signer(item.pk, person=world["handler1"], to=world["section_head1"], when="parallel")
    helper = world.seat("PREP", "section_head1")
    head = world["section_head1"]
    for act in (
        lambda: actions.add_signer(helper.pk, person=head, to=world["handler2"], when="before"),
        lambda: actions.request_supplement(helper.pk, person=head, opinion="补"),
        lambda: actions.transfer(helper.pk, person=head, to=world["section_head2"], reason="忙"),
        lambda: actions.skip(helper.pk, person=head, code="URGENT", opinion="急"),
    ):
        with pytest.raises(Refusal):
            act()


def test_nobody_is_added_twice_nor_from_another_office(world: World) -> None:
    item = prep(world)
    officer = world["handler1"]
    actions.add_signer(item.pk, person=officer, to=world["section_head1"], when="parallel")
    with pytest.raises(Refusal, match="已在本环节加签名单中"):
        actions.add_signer(item.pk, person=officer, to=world["section_head1"], when="after")
    with pytest.raises(Refusal, match="不能参与办理该件"):
        actions.add_signer(item.pk, person=officer, to=world["handler_elsewhere"], when="after")
    with pytest.raises(Refusal, match="尚有加签人未签"):
        actions.request_supplement(item.pk, person=officer, opinion="补正")

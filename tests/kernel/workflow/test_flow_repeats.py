"""Stale pages, repeated clicks, and who may know what."""

from datetime import timedelta

import pytest
from tests.kernel.workflow.samples import World, approval

from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.models import Party
from minfang.kernel.workflow import actions
from minfang.kernel.workflow.models import FlowEvent, WorkItem

pytestmark = pytest.mark.django_db


def refusal(world: World, item: WorkItem, name: str, **more: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        actions.complete(item.pk, person=world[name], outcome="OK", **more)  # type: ignore[arg-type]
    return caught.value


def test_a_page_older_than_a_transfer_is_refused_by_name(world: World) -> None:
    world.begin(approval())
    item = world.item("ACCEPT")
    actions.transfer(item.pk, person=world["handler1"], to=world["handler2"], reason="外出")
    found = refusal(world, item, "handler1", seen_version=item.version)
    assert found.message == "handler1先生 刚刚已将该件转给handler2先生。"


def test_a_page_older_than_a_claim_is_refused_by_name(world: World) -> None:
    world.begin(approval())
    item = world.item("ACCEPT")
    actions.claim(item.pk, person=world["handler2"])
    assert (
        refusal(world, item, "handler1", seen_version=item.version).message == "handler2先生 刚刚已签收该件。"
    )


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ("complete", "section_head1先生 刚刚已办理“审核”（同意）。"),
        ("return", "section_head1先生 刚刚已退回该件，“审核”待办已关闭。"),
        ("withdraw", "handler1先生 刚刚已撤回上一环节，“审核”待办已收回。"),
        ("cancel", "handler1先生 刚刚已撤销该件。"),
    ],
)
def test_the_slower_colleague_reads_what_happened(world: World, deed: str, words: str) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    world.do("REVIEW")
    item = world.item("CHECK")
    if deed == "complete":
        world.do("CHECK")
    elif deed == "return":
        world.back("CHECK", "REVIEW")
    elif deed == "withdraw":
        actions.withdraw(world.instance.pk, person=world["handler1"])
    else:
        actions.cancel(world.instance.pk, person=world["handler1"], reason="撤件")
    found = refusal(world, item, "section_head2")
    assert (found.status, found.message) == (409, words)


def test_what_happened_long_ago_is_told_with_its_time(world: World) -> None:
    world.begin(approval())
    item = world.item("ACCEPT")
    world.ask("ACCEPT")
    with clock.moved_to(clock.now() + timedelta(hours=3)):
        assert "刚刚" not in refusal(world, item, "handler2").message
        assert "已在“受理”发起补正" in refusal(world, item, "handler2").message


def test_a_repeated_key_returns_the_first_answer_even_after_the_case_went_on(world: World) -> None:
    world.begin(approval())
    first = world.do("ACCEPT", key="k1")
    world.do("REVIEW")
    again = actions.complete(
        first.closed[0].pk, person=world["handler1"], outcome="OK", opinion="同意。", facts={}, key="k1"
    )
    assert again.replayed
    assert again.event == first.event
    assert [i.pk for i in again.opened] == [i.pk for i in first.opened]
    assert FlowEvent.objects.filter(key="k1").count() == 1


def test_a_key_belongs_to_one_deed_of_one_person(world: World) -> None:
    world.begin(approval())
    done = world.do("ACCEPT", key="k1").closed[0]
    assert refusal(world, done, "handler2", key="k1").code == "KEY_REUSED"
    with pytest.raises(Refusal, match="操作标识"):
        actions.withdraw(world.instance.pk, person=world["handler1"], key="k1")


@pytest.mark.parametrize("key", ["r", "s", "w", "t", "x"])
def test_every_verb_repeats_harmlessly(world: World, key: str) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    review = world.item("REVIEW")
    acts = {
        "s": lambda: actions.request_supplement(review.pk, person=world["handler1"], opinion="补", key=key),
        "w": lambda: actions.withdraw(world.instance.pk, person=world["handler1"], key=key),
        "x": lambda: actions.cancel(world.instance.pk, person=world["handler1"], reason="撤", key=key),
        "t": lambda: actions.suspend(world.instance.pk, person=world["handler1"], reason="评审", key=key),
        "r": lambda: actions.claim(review.pk, person=world["handler1"], key=key),
    }
    first, second = acts[key](), acts[key]()
    assert (first.replayed, second.replayed) == (False, True)
    assert first.event == second.event


def test_another_office_learns_nothing_about_an_item(world: World) -> None:
    world.begin(approval())
    item = world.item("ACCEPT")
    found = refusal(world, item, "handler_elsewhere")
    missing = refusal(world, WorkItem(pk=10**9), "handler_elsewhere")
    assert (found.status, found.message) == (missing.status, missing.message) == (404, found.message)
    world.do("ACCEPT")
    assert refusal(world, item, "handler_elsewhere").status == 404


def test_another_role_of_the_same_office_learns_nothing_either(world: World) -> None:
    world.begin(approval())
    assert refusal(world, world.item("ACCEPT"), "deputy_director1").status == 404


def test_colleagues_of_one_party_answer_for_each_other(world: World) -> None:
    party = Party.objects.create(kind="2", name="甲公司", id_no="X1", id_no_index="i1")
    stranger_party = Party.objects.create(kind="2", name="乙公司", id_no="X2", id_no_index="i2")
    world.applicant.party = party
    world.applicant.save()
    colleague = world._person("colleague", kind="APPLICANT", party=party)
    stranger = world._person("stranger", kind="APPLICANT", party=stranger_party)
    world.begin(approval())
    world.ask("ACCEPT")
    item = world.item("SUPP")
    with pytest.raises(Refusal) as caught:
        actions.answer_supplement(item.pk, person=stranger)
    assert caught.value.status == 404
    assert actions.answer_supplement(item.pk, person=colleague).opened[0].node == "ACCEPT"

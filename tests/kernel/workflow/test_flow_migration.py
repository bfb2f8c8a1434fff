"""Running instances go to another version only where they fit, and can go back until the next verb."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from tests.kernel.workflow.samples import World, approval, consultation, edge, task

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import actions, migration, queries
from minfang.kernel.workflow.compare import differences
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.graph import build
from minfang.kernel.workflow.models import ProcessInstance
from minfang.kernel.workflow.state import replay


def node(raw: dict[str, Any], code: str) -> dict[str, Any]:
    return next(node for node in raw["nodes"] if node["code"] == code)


def without(raw: dict[str, Any], code: str, before: str, after: str) -> dict[str, Any]:
    raw["nodes"] = [node for node in raw["nodes"] if node["code"] != code]
    for one in raw["nodes"]:
        one["return_to"] = [target for target in one.get("return_to", []) if target != code]
        if one.get("same_person_as") == code:
            one["same_person_as"] = ""
    raw["edges"] = [e for e in raw["edges"] if code not in (e["from"], e["to"])] + [edge(before, after)]
    return raw


def with_step(raw: dict[str, Any], code: str, before: str, after: str) -> dict[str, Any]:
    raw["nodes"].append(task(code, name="核验"))
    raw["edges"] = [e for e in raw["edges"] if (e["from"], e["to"]) != (before, after)]
    raw["edges"] += [edge(before, code), edge(code, after)]
    return raw


def versions(world: World, new: dict[str, Any]) -> tuple[int, int]:
    source = world.instance.definition_id
    return source, actions.publish(new["code"], new).pk


def fit(world: World, new: dict[str, Any]) -> migration.Fit:
    ((instance, found),) = migration.dry_run(*versions(world, new))
    assert instance.pk == world.instance.pk
    return found


@pytest.mark.django_db
def test_a_step_added_ahead_is_done_by_a_case_brought_over(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    source, target = versions(world, with_step(approval(), "VERIFY", "CHECK", "DECIDE"))
    found = migration.move(world.instance.pk, source, target, person=world["handler1"], reason="新规")
    assert (found.fits, found.reasons) == (True, [])
    world.do("REVIEW")
    world.do("CHECK")
    assert world.at() == ["VERIFY"]


@pytest.mark.django_db
def test_a_step_added_behind_is_not_asked_again_and_the_report_says_so(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    found = fit(world, with_step(approval(), "VERIFY", "START", "ACCEPT"))
    assert found.fits
    assert found.notes == ["新增的“核验”在该件当前环节之前，不再补办"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("removed", "before", "after", "reason"),
    [("REVIEW", "ACCEPT", "CHECK", "当前的环节“审查”"), ("ACCEPT", "START", "REVIEW", "已办的环节“受理”")],
)
def test_a_case_that_has_been_at_a_step_removed_does_not_fit(
    world: World, removed: str, before: str, after: str, reason: str
) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    found = fit(world, without(approval(), removed, before, after))
    assert not found.fits
    assert any(reason in text for text in found.reasons)


@pytest.mark.django_db
def test_the_rule_table_decides_what_a_change_of_the_present_step_means(world: World) -> None:
    world.begin(approval())
    raw = approval()
    node(raw, "ACCEPT")["limit_days"] = 3
    node(raw, "REVIEW")["role"] = "section_head"
    kept = fit(world, raw)
    assert kept.fits
    assert kept.notes == ["该件仍按原定：“受理”时限：5 个工作日 改为 3 个工作日"]
    node(raw, "ACCEPT")["role"] = "section_head"
    refused = fit(world, raw)
    assert not refused.fits
    assert "正停在此环节" in refused.reasons[0]


@pytest.mark.django_db
def test_a_promised_day_stays_when_the_limit_changes(world: World) -> None:
    world.begin(approval())
    due = world.item("ACCEPT").due_at
    raw = approval()
    node(raw, "ACCEPT")["limit_days"] = 30
    migration.move(world.instance.pk, *versions(world, raw), person=world["handler1"], reason="新规")
    assert world.item("ACCEPT").due_at == due


@pytest.mark.django_db
def test_a_result_already_given_must_still_exist(world: World) -> None:
    world.begin(approval())
    world.do("ACCEPT")
    raw = approval()
    node(raw, "ACCEPT")["outcomes"] = [{"code": "YES", "label": "受理"}]
    assert any("已作出的结果“OK”" in text for text in fit(world, raw).reasons)


@pytest.mark.django_db
def test_a_running_block_must_keep_its_branches(world: World) -> None:
    world.begin(consultation())
    world.do("PLAN")
    raw = consultation()
    raw["nodes"].append(task("C1"))
    raw["edges"] += [edge("FORK", "C1"), edge("C1", "JOIN")]
    found = fit(world, raw)
    assert any("并行块" in text and "增减" in text for text in found.reasons)


@pytest.mark.django_db
def test_a_migration_is_in_the_history_and_can_be_undone_until_the_next_verb(world: World) -> None:
    world.begin(approval())
    source, target = versions(world, with_step(approval(), "VERIFY", "CHECK", "DECIDE"))
    person, number = world["handler1"], world.instance.pk
    before = queries.state_of(world.refreshed())
    migration.move(number, source, target, person=person, reason="新规")
    migration.move(number, source, target, person=person, reason="再点一次")
    assert [event.verb for event in world.instance.events.order_by("sequence")] == ["start", "migrate"]
    assert world.refreshed().definition_id == target
    assert replay(world.instance.events.order_by("sequence")) == queries.state_of(world.instance) == before
    assert migration.undo(number, person=person, reason="误操作") == source
    migration.move(number, source, target, person=person, reason="新规")
    world.do("ACCEPT")
    with pytest.raises(Refusal, match="已有新的办理"):
        migration.undo(number, person=person, reason="晚了")


@pytest.mark.django_db
def test_a_decided_case_is_frozen(world: World) -> None:
    world.begin(approval())
    actions.cancel(world.instance.pk, person=None, reason="撤件")
    source, target = versions(world, with_step(approval(), "VERIFY", "CHECK", "DECIDE"))
    assert migration.dry_run(source, target) == []
    assert not migration.move(world.instance.pk, source, target, person=world["handler1"], reason="").fits


@pytest.mark.django_db(transaction=True)
def test_a_verb_at_the_same_moment_goes_before_or_after_but_never_between(world: World) -> None:
    for _ in range(4):
        world.begin(approval())
        item, barrier = world.item("ACCEPT"), Barrier(2)
        raw = without(approval(), "REVIEW", "ACCEPT", "CHECK")
        source, target = versions(world, raw)

        def at_once(act: Any, barrier: Barrier = barrier) -> Any:
            try:
                barrier.wait(10)
                return act()
            except Refusal as refusal:
                return refusal
            finally:
                connections.close_all()

        with ThreadPoolExecutor(2) as pool:
            done = pool.submit(
                at_once,
                lambda item=item: actions.complete(
                    item.pk, person=world["handler1"], outcome="OK", opinion="好"
                ),
            )
            moved = pool.submit(
                at_once,
                lambda pair=(source, target): migration.move(
                    world.instance.pk, *pair, person=world["handler2"], reason="新规"
                ),
            )
            assert not isinstance(done.result(), Refusal)
            fitted = moved.result()
        # moved first: the verb went on under the new version; else the case stands at a step that is gone
        assert world.at() == (["CHECK"] if fitted.fits else ["REVIEW"])
        assert (world.refreshed().definition_id == target) == fitted.fits
        sequences = list(world.instance.events.order_by("sequence").values_list("sequence", flat=True))
        assert sequences == list(range(1, len(sequences) + 1))


@pytest.mark.django_db
def test_a_hundred_instances_are_looked_at_and_moved_in_seconds(world: World) -> None:
    world.begin(approval())
    for number in range(99):
        actions.start(
            "SAMPLE", subject=f"case:{number}", organization=world.office, facts={}, starter=world.applicant
        )
    source, target = versions(world, with_step(approval(), "VERIFY", "CHECK", "DECIDE"))
    begin = time.monotonic()
    rows = migration.dry_run(source, target)
    looked = time.monotonic() - begin
    for instance, found in rows:
        assert found.fits
        migration.move(instance.pk, source, target, person=world["handler1"], reason="新规")
    taken = time.monotonic() - begin
    assert ProcessInstance.objects.filter(definition_id=target).count() == 100
    assert looked < 2
    assert taken < 10


@pytest.mark.django_db
def test_differences_are_told_in_words(world: World) -> None:
    new = with_step(approval(), "VERIFY", "CHECK", "DECIDE")
    node(new, "ACCEPT")["limit_days"] = 3
    node(new, "REVIEW")["role"] = "section_head"
    found = differences(build(approval()), build(new), {"handler": "经办人", "section_head": "科长"})
    told = {difference.text for difference in found}
    assert {
        "新增办理步骤“核验”",
        "“受理”时限：5 个工作日 改为 3 个工作日",
        "“审查”办理角色：经办人 改为 科长",
        "“审核”去向：→ 审定 改为 → 核验",
    } <= told
    node(new, "CHECK")["name"] = "复核"
    again = {
        one.text
        for one in differences(build(with_step(approval(), "VERIFY", "CHECK", "DECIDE")), build(new), {})
    }
    assert "“复核”名称：审核 改为 复核" in again
    assert not any("去向" in text for text in again)
    world.begin(approval())
    assert differences(graph_of(world.instance.definition_id), build(approval()), {}) == []

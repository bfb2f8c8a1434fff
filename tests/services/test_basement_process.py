"""The city's and the districts' process of the matter: the steps, codes and results of the handbook."""

import json
from importlib.resources import files
from typing import Any

import pytest
from tests.kernel.workflow.samples import World

from minfang.kernel.workflow import actions, queries
from minfang.kernel.workflow.validation import check

FOLDER = files("minfang.services") / "definitions" / "BASEMENT_SYNC"
STRAIGHT = {
    "N15_PREREVIEW": "PASS",
    "N20_ACCEPT": "ACCEPT",
    "N30_REVIEW": "SUBMIT",
    "N40_CHECK": "AGREE",
    "N50_APPROVE": "APPROVE",
    "N60_FINISH": "FINISH",
    "N70_CERT": "ISSUE",
}


def process(level: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"process.{level}.json").read_text())


@pytest.fixture(params=["city", "district"])
def case(request: pytest.FixtureRequest, db: None) -> World:
    world = World()
    world.begin(process(request.param))
    receive(world)
    return world


def receive(world: World) -> None:
    actions.complete_system(world.item("N10_RECEIVE").pk, outcome="DONE")


def deliver(world: World) -> None:
    actions.complete_system(world.item("N80_DELIVER").pk, outcome="DONE")


def status(world: World) -> str:
    return queries.case_status(world.refreshed())


def walk(world: World, last: str) -> None:
    for node, outcome in STRAIGHT.items():
        world.do(node, outcome)
        if node == last:
            return


@pytest.mark.parametrize("level", ["city", "district"])
def test_the_process_can_be_published(level: str) -> None:
    roles = {"prereviewer", "handler", "section_head", "deputy_director", "cert_issuer"}
    assert check(process(level), roles) == []


def test_a_granted_case_is_certified_and_delivered(case: World) -> None:
    seen = []
    for node, outcome in STRAIGHT.items():
        seen.append(status(case))
        case.do(node, outcome)
    assert seen == [
        "PREREVIEW", "ACCEPTING", "REVIEWING", "REVIEWING", "REVIEWING", "DECIDED", "CERTIFYING",
    ]  # fmt: skip
    assert status(case) == "DONE"
    deliver(case)
    assert (status(case), case.refreshed().state) == ("DELIVERED", "CLOSED")


def test_a_denied_case_needs_no_certificate(case: World) -> None:
    walk(case, "N40_CHECK")
    case.do("N50_APPROVE", "DENY", opinion="设计建设面积不足。")
    case.do("N60_FINISH", "FINISH")
    assert case.at() == ["N80_DELIVER"]
    deliver(case)
    assert case.refreshed().state == "CLOSED"


def test_a_failed_prereview_goes_back_to_the_applicant_and_comes_again(case: World) -> None:
    case.do("N15_PREREVIEW", "FAIL", opinion="缺少平面图。")
    assert (case.at(), status(case)) == (["N05_REVISE"], "PREREVIEW_FAILED")
    case.do("N05_REVISE", "RESUBMIT", person=case.applicant)
    receive(case)
    assert case.item("N15_PREREVIEW").round == 2
    walk(case, "N70_CERT")
    assert case.at() == ["N80_DELIVER"]


def test_a_case_not_accepted_ends(case: World) -> None:
    case.do("N15_PREREVIEW", "PASS")
    case.do("N20_ACCEPT", "NOT_ACCEPT", opinion="不属于本机关职权范围。")
    assert (status(case), case.refreshed().state) == ("NOT_ACCEPTED", "CLOSED")


def test_supplement_returns_and_special_procedure_on_the_way(case: World) -> None:
    case.do("N15_PREREVIEW", "PASS")
    item = case.item("N20_ACCEPT")
    actions.request_supplement(item.pk, person=case["handler1"], opinion="补正图纸")
    assert status(case) == "SUPPLEMENT"
    actions.answer_supplement(case.item("N25_SUPPLEMENT").pk, person=case.applicant)
    case.do("N20_ACCEPT", "ACCEPT")
    actions.suspend(case.instance.pk, person=case["handler1"], reason="专家评审")
    assert status(case) == "SPECIAL"
    actions.resume(case.instance.pk, person=case["handler1"])
    case.do("N30_REVIEW", "SUBMIT")
    case.do("N40_CHECK", "AGREE")
    case.back("N50_APPROVE", "N40_CHECK")
    case.back("N40_CHECK", "N30_REVIEW")
    assert [(i.node, i.round) for i in case.open()] == [("N30_REVIEW", 2)]
    for node in ("N30_REVIEW", "N40_CHECK", "N50_APPROVE", "N60_FINISH", "N70_CERT"):
        case.do(node, STRAIGHT[node])
    deliver(case)
    assert case.refreshed().state == "CLOSED"


def test_the_handler_keeps_the_case(case: World) -> None:
    case.do("N15_PREREVIEW", "PASS")
    case.do("N20_ACCEPT", "ACCEPT", person=case["handler2"])
    assert case.item("N30_REVIEW").assignee == case["handler2"]


def test_steps_carry_the_codes_of_the_case_registry(case: World) -> None:
    walk(case, "N70_CERT")
    codes = {s.node: (s.node_type, s.node_result) for s in queries.history(case.refreshed()) if s.closed_at}
    assert codes == {
        "N10_RECEIVE": (1, None),
        "N15_PREREVIEW": (1, None),
        "N20_ACCEPT": (1, 4),
        "N30_REVIEW": (2, 1),
        "N40_CHECK": (2, 1),
        "N50_APPROVE": (2, 1),
        "N60_FINISH": (3, 1),
        "N70_CERT": (3, 1),
    }

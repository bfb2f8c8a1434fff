"""BPMN goes out and comes back the same; what others draw is read, or refused with a line and a reason."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.kernel.workflow.random_graphs import graphs
from tests.kernel.workflow.samples import approval, consultation, edge, graph, other, task

from minfang.kernel.workflow.bpmn import to_bpmn
from minfang.kernel.workflow.bpmn_import import Imported, from_bpmn
from minfang.kernel.workflow.extension import normal
from minfang.kernel.workflow.graph import build
from minfang.kernel.workflow.layout import positions
from minfang.kernel.workflow.validation import check

SAMPLES = Path(__file__).parent / "samples_bpmn"
WEB = Path(__file__).resolve().parents[3] / "web"
ROLES = {"handler": "经办人", "section_head": "科长"}
NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=12)
RESAVE = """
import {BpmnModdle} from 'bpmn-moddle';
import {readFileSync} from 'node:fs';
const moddle = new BpmnModdle();
const {rootElement} = await moddle.fromXML(readFileSync(0, 'utf8'));
process.stdout.write((await moddle.toXML(rootElement, {format: true})).xml);
"""


def back(raw: dict[str, Any]) -> Imported:
    return from_bpmn(to_bpmn(build(raw)).encode(), ROLES)


def rich() -> dict[str, Any]:
    """Everything a definition can say, on one page."""
    raw = approval()
    review = next(node for node in raw["nodes"] if node["code"] == "REVIEW")
    review |= {
        "countersign": {
            "seats": [
                {"code": "PLAN", "name": "规划科", "role": "handler"},
                {"code": "LAW", "role": "handler"},
            ],
            "rule": "ratio",
            "share": 60,
            "agree": "OK",
        },
        "skips": [
            {"code": "UP", "label": "直报", "to": "DECIDE", "role": "section_head", "when": "area > 100"}
        ],
        "meta": {"form": "V3", "notice": ["受理通知书 V2"], "steps": {"A": 1}},
        "node_type": 0,
        "transfer_areas": ["city_to_district"],
        "outcomes": [{"code": "OK", "label": '同意 <"好"> & 办结', "node_result": 0, "meta": {"x": 1}}],
    }
    return {**raw, "facts": {"area": "number", "nature": "text"}}


@pytest.mark.parametrize("raw", [approval(), consultation("block"), rich()])
def test_a_definition_comes_back_as_it_went_out(raw: dict[str, Any]) -> None:
    found = back(raw)
    assert [str(one) for one in found.findings] == []
    assert found.graph is not None
    assert normal(found.graph) == normal(raw)


@given(raw=graphs(), data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_valid_definition_comes_back_the_same(raw: dict[str, Any], data: st.DataObject) -> None:
    for node in raw["nodes"]:
        node["name"] = data.draw(NAMES)
    found = back(raw)
    assert found.errors == []
    assert found.graph is not None
    assert normal(found.graph) == normal(raw)
    assert check(found.graph) == []


@pytest.mark.skipif(not shutil.which("node") or not (WEB / "node_modules").exists(), reason="needs node")
@pytest.mark.parametrize("raw", [rich(), consultation()])
def test_a_definition_survives_the_tool_that_opened_and_saved_it(raw: dict[str, Any]) -> None:
    saved = subprocess.run(
        ["node", "--input-type=module", "-e", RESAVE],
        cwd=WEB,
        input=to_bpmn(build(raw)).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    found = from_bpmn(saved, ROLES)
    assert found.graph is not None
    assert normal(found.graph) == normal(raw)


def test_the_drawing_comes_back_where_it_was() -> None:
    raw = approval()
    found = back(raw)
    assert found.graph is not None
    drawn = positions(build(found.graph))
    for code, (x, y) in positions(build(raw)).items():
        assert drawn[code] == pytest.approx((x, y), abs=0.1)


def test_lanes_give_roles_and_a_file_without_drawing_is_drawn() -> None:
    found = from_bpmn((SAMPLES / "lanes_no_drawing.bpmn").read_bytes(), ROLES)
    assert found.graph is not None
    assert "layout" not in found.graph
    read = build(found.graph)
    assert {node.code: node.role for node in read.of_kind("task")} == {
        "CHECK": "handler",
        "APPROVE": "section_head",
        "BUDGET": "section_head",
    }
    assert [node.code for node in read.of_kind("fork", "join")] == ["SPLIT", "TOGETHER"]
    assert len(set(positions(read).values())) == len(read.nodes)


OUTSIDE = {
    "camunda_leave": [
        ("脚本任务", 20, "程序代码"),
        ("边界事件", 23, "定时器"),
        ("顺序流", 28, "${approved == true}"),
        ("结束事件", 33, "终止"),
    ],
    "flowable_countersign": [
        ("用户任务", 6, "多实例"),
        ("子流程", 12, "流程中再套流程"),
        ("中间捕获事件", 17, "消息"),
        ("包容网关", 18, "汇聚"),
        ("调用活动", 20, "调用另一流程"),
    ],
    "wrong_references": [
        ("用户任务", 5, "limit_days 应为整数"),
        ("用户任务", 6, "标识重复"),
        ("用户任务", 7, "没有标识"),
        ("顺序流", 10, "NOWHERE"),
        ("顺序流", 11, "不存在的节点"),
    ],
    "billion_laughs": [("文件", 2, "实体")],
    "outside_entity": [("文件", 2, "实体")],
}


@pytest.mark.parametrize(("name", "expected"), OUTSIDE.items())
def test_what_lies_outside_the_profile_is_named_with_its_line(
    name: str, expected: list[tuple[str, int, str]]
) -> None:
    found = from_bpmn((SAMPLES / f"{name}.bpmn").read_bytes(), ROLES)
    assert found.graph is None
    told = [(one.element, one.line, one.message) for one in found.errors]
    for element, line, words in expected:
        assert any(e == element and n == line and words in m for e, n, m in told), (element, told)


def test_what_is_left_behind_without_harm_is_told_too() -> None:
    found = from_bpmn((SAMPLES / "camunda_leave.bpmn").read_bytes(), ROLES)
    notes = "\n".join(str(one) for one in found.findings if one.level == "note")
    for words in ("formKey", "assignee", "candidateGroups", "taskListener", "historyTimeToLive", "文字批注"):
        assert words in notes


@pytest.mark.parametrize(
    "content",
    [b"", b"<a", b"\xff\xfe\x00", b"<x/>", b"<?xml version='1.0' encoding='zz'?><x/>", b"<a>" * 500],
)
def test_a_file_that_is_no_bpmn_is_refused_in_words(content: bytes) -> None:
    found = from_bpmn(content)
    assert found.graph is None
    assert found.errors
    assert all(one.message for one in found.errors)


@given(st.integers(0, 5000), st.binary(max_size=6))
@settings(max_examples=80, deadline=None)
def test_a_damaged_file_gives_a_report_and_never_a_trace(at: int, junk: bytes) -> None:
    content = to_bpmn(build(rich())).encode()
    at %= len(content)
    found = from_bpmn(content[:at] + junk + content[at + len(junk) :], ROLES)
    assert found.graph is not None or found.errors


def test_a_gateway_drawn_by_hand_behind_a_step_tells_its_outcomes_apart() -> None:
    raw = graph(
        [
            other("START", "start"),
            task("LOOK", outcomes=[{"code": "YES"}, {"code": "NO"}]),
            other("GOOD", "end"),
            other("BAD", "end"),
        ],
        [edge("START", "LOOK"), edge("LOOK", "GOOD", "YES"), edge("LOOK", "BAD", "NO")],
    )
    text = to_bpmn(build(raw)).replace("LOOK_decision", "Gateway_1x").replace(' minfang:outcome="NO"', "")
    found = from_bpmn(text.encode())
    assert found.graph is not None
    assert normal(found.graph) == normal(raw)

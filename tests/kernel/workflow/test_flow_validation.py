"""Publishing names every fault, in Chinese, and a published row never changes."""

from copy import deepcopy
from dataclasses import fields
from typing import Any

import pytest
from tests.kernel.workflow.samples import World, approval, chain, consultation, edge, graph, other, task

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import actions, shape
from minfang.kernel.workflow.graph import Countersign, Node, Outcome, Seat, Skip
from minfang.kernel.workflow.models import ProcessDefinition
from minfang.kernel.workflow.validation import check


def faulty(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], **more: Any) -> str:
    return "\n".join(check(graph(nodes, edges, **more)))


S, E = other("S", "start"), other("E", "end")


def test_the_samples_are_valid() -> None:
    assert check(approval()) == []
    assert check(consultation()) == []


def test_the_shape_knows_every_attribute_of_a_node_and_of_an_outcome() -> None:
    assert set(shape.NODE) == {field.name for field in fields(Node)}
    assert set(shape.OUTCOME) == {field.name for field in fields(Outcome)}
    assert set(shape.SKIP) == {field.name for field in fields(Skip)}
    assert set(shape.COUNTERSIGN) == {field.name for field in fields(Countersign)}
    assert set(shape.SEAT) == {field.name for field in fields(Seat)}


@pytest.mark.parametrize("raw", [None, [], "x", 5, {}, {"code": 1, "nodes": {}, "edges": None}])
def test_what_is_no_graph_at_all_is_refused_without_a_crash(raw: Any) -> None:
    assert check(raw)


def test_unknown_and_mistyped_attributes_are_named_with_their_place() -> None:
    wrong = [
        S,
        {**task("A"), "rolle": "x", "timed": "yes", "outcomes": [{"label": "无编码", "tone": "blink"}]},
        E,
    ]
    report = faulty(wrong, chain("S", "A", "E"), facts={"f": "tuple"})
    assert "第 2 个节点含有无法识别的属性 rolle" in report
    assert "第 2 个节点的 timed 类型不正确" in report
    assert "第 2 个节点的第 1 个办理结果缺少 code" in report
    assert "按钮样式只能是" in report
    assert "数据 f 的类型只能是" in report


TWO = [{"code": "OK"}, {"code": "NO"}]
SEATS = [{"code": "X", "role": "handler"}, {"code": "Y", "role": "handler"}]


def countersigned(**more: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rule = {"seats": SEATS, "agree": "OK", "refuse": "NO", **more}
    return [S, task("A", outcomes=TWO, countersign=rule), E], chain("S", "A", "E")


def skipping(**more: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    first = task("A", skips=[{"code": "FAST", "to": "C", **more}])
    return [S, first, task("B"), task("C"), E], chain("S", "A", "B", "C", "E")


VERB_FAULTS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], str]] = {
    "countersigned by nobody": (*countersigned(seats=[]), "应有 1 至 50 席"),
    "seat twice": (*countersigned(seats=[SEATS[0], SEATS[0]]), "席位编码 X 为空、重复"),
    "seat without role": (*countersigned(seats=[{"code": "X", "role": ""}]), "每一席都要有办理角色"),
    "unknown rule": (*countersigned(rule="most"), "规则只能是"),
    "share above all": (*countersigned(rule="ratio", share=101), "通过比例"),
    "no outcome for yes": (*countersigned(agree="YES"), "哪个办理结果算同意"),
    "no outcome for no": (*countersigned(refuse=""), "未通过时的办理结果"),
    "countersign with a supplement": (
        [S, task("A", may_supplement=True, countersign={"seats": SEATS, "agree": "OK"}), E],
        chain("S", "A", "E"),
        "会签环节，不能发起补正",
    ),
    "skipping backwards": (
        [S, task("A"), task("B", skips=[{"code": "F", "to": "A"}]), E],
        chain("S", "A", "B", "E"),
        "不在它之后",
    ),
    "skipping to nowhere": (*skipping(to="Z"), "指向的 Z 不存在"),
    "skipping on undeclared data": (*skipping(when="price > 1"), "未声明的数据 price"),
    "skipping with an unknown outcome": (*skipping(outcome="NO"), "没有办理结果 NO"),
    "skipping into a branch": (
        [
            S,
            task("A", skips=[{"code": "F", "to": "B"}]),
            other("F", "fork"),
            task("B"),
            task("C"),
            other("J", "join"),
            E,
        ],
        [*chain("S", "A", "F", "B", "J", "E"), *chain("F", "C", "J")],
        "跳出或跳入了并行分支",
    ),
    "handing over to the moon": (
        [S, task("A", transfer_areas=["to_the_moon"]), E],
        chain("S", "A", "E"),
        "转派范围 to_the_moon 无法识别",
    ),
    "approval without a no": (
        [S, task("A"), E, other("V", "void", role="section_head", outcomes=[{"code": "AGREE"}])],
        chain("S", "A", "E"),
        "应为 AGREE 和 REFUSE",
    ),
}
CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], str]] = {
    "two starts": (
        [S, other("S2", "start"), task("A"), E],
        [*chain("S", "A", "E"), edge("S2", "A")],
        "开始节点必须有且只有一个",
    ),
    "no end": ([S, task("A")], [*chain("S", "A"), edge("A", "A")], "缺少结束节点"),
    "same code twice": ([S, task("A"), task("A"), E], chain("S", "A", "E"), "节点编码 A 重复"),
    "bad code": ([S, task("a-b"), E], chain("S", "a-b", "E"), "不规范"),
    "edge to nowhere": (
        [S, task("A"), E],
        [*chain("S", "A", "E"), edge("A", "Z", "OK")],
        "指向不存在的节点 Z",
    ),
    "dead end": (
        [S, task("A", outcomes=[{"code": "X"}, {"code": "Y"}]), task("B"), E],
        [edge("S", "A"), edge("A", "E", "X"), edge("A", "B", "Y"), edge("B", "B")],
        "“B”（B）到不了任何结束节点",
    ),
    "unreachable": ([S, task("A"), task("B"), E], [*chain("S", "A", "E"), edge("B", "E")], "到不了“B”（B）"),
    "no outcomes": ([S, task("A", outcomes=[]), E], chain("S", "A", "E"), "没有办理结果"),
    "no role": ([S, task("A", ""), E], chain("S", "A", "E"), "没有办理角色"),
    "outcome leads nowhere": (
        [S, task("A", outcomes=[{"code": "X"}, {"code": "Y"}]), E],
        [edge("S", "A"), edge("A", "E", "X")],
        "办理结果 Y 没有去向",
    ),
    "outcome leads two ways": (
        [S, task("A"), task("B"), E],
        [edge("S", "A"), edge("A", "B"), edge("A", "E"), edge("B", "E")],
        "办理结果 OK 有多条去向",
    ),
    "edge for an unknown outcome": (
        [S, task("A"), E],
        [*chain("S", "A", "E"), edge("A", "E", "NO")],
        "没有办理结果 NO",
    ),
    "condition on a task": ([S, task("A"), E], [edge("S", "A"), edge("A", "E", when="true")], "不能带条件"),
    "exclusive without default": (
        [S, other("X", "exclusive"), task("A"), E],
        [edge("S", "X"), edge("X", "A", when="true"), edge("X", "E", when="false"), edge("A", "E")],
        "有且只有一条不带条件",
    ),
    "condition that is no expression": (
        [S, other("X", "exclusive"), task("A"), E],
        [edge("S", "X"), edge("X", "A", when="area >"), edge("X", "E"), edge("A", "E")],
        "的条件无法识别",
    ),
    "condition over undeclared data": (
        [S, other("X", "exclusive"), task("A"), E],
        [edge("S", "X"), edge("X", "A", when="price > 5"), edge("X", "E"), edge("A", "E")],
        "使用了未声明的数据 price",
    ),
    "condition over an unknown step": (
        [S, other("X", "exclusive"), task("A"), E],
        [edge("S", "X"), edge("X", "A", when="outcomes.ZZ == 'OK'"), edge("X", "E"), edge("A", "E")],
        "不存在的环节 ZZ",
    ),
    "fork without join": (
        [S, other("F", "fork"), task("A"), task("B"), E],
        [*chain("S", "F", "A", "E"), *chain("F", "B", "E")],
        "并行块内不能直接结束",
    ),
    "join without fork": (
        [S, task("A"), other("J", "join"), E],
        chain("S", "A", "J", "E"),
        "汇聚之前没有并行分支",
    ),
    "jump out of a block": (
        [
            S,
            other("F", "fork"),
            task("A", outcomes=[{"code": "OK"}, {"code": "OUT"}]),
            task("B"),
            other("J", "join"),
            task("C"),
            E,
        ],
        [
            *chain("S", "F"),
            edge("F", "A"),
            edge("A", "J", "OK"),
            edge("A", "C", "OUT"),
            *chain("F", "B", "J", "C", "E"),
        ],
        "既在并行块之内又在块之外",
    ),
    "two joins for one fork": (
        [S, other("F", "fork"), task("A"), task("B"), other("J", "join"), other("K", "join"), task("C"), E],
        [*chain("S", "F", "A", "J", "C", "E"), *chain("F", "B", "K", "C")],
        "必须汇聚到同一个汇聚节点",
    ),
    "gateways in a ring": (
        [S, other("X", "exclusive"), other("Y", "exclusive"), task("A"), E],
        [
            edge("S", "X"),
            edge("X", "Y", when="true"),
            edge("X", "A"),
            edge("Y", "X", when="true"),
            edge("Y", "A"),
            edge("A", "E"),
        ],
        "环上没有办理环节",
    ),
    "return to a later step": (
        [S, task("A", return_to=["B"]), task("B"), E],
        chain("S", "A", "B", "E"),
        "不在它之前",
    ),
    "return to a gateway": (
        [S, other("X", "exclusive"), task("A", return_to=["X"]), E],
        [edge("S", "X"), edge("X", "A", when="true"), edge("X", "E"), edge("A", "E")],
        "引用的环节 X 不存在或不是办理环节",
    ),
    "supplement without its node": (
        [S, task("A", may_supplement=True), E],
        chain("S", "A", "E"),
        "没有补正节点",
    ),
    "special procedure without its node": (
        [S, task("A", may_suspend=True), E],
        chain("S", "A", "E"),
        "没有特别程序节点",
    ),
    "a limit of no days": ([S, task("A", limit_days=0), E], chain("S", "A", "E"), "时限至少 1 天"),
    "a limit in hours": ([S, task("A", limit_unit="hours"), E], chain("S", "A", "E"), "只能是工作日或自然日"),
    "a policy nobody knows": (
        [S, task("A", return_policy="maybe"), E],
        chain("S", "A", "E"),
        "退回方式不正确",
    ),
    **VERB_FAULTS,
}


@pytest.mark.parametrize("name", CASES)
def test_each_fault_is_reported(name: str) -> None:
    nodes, edges, words = CASES[name]
    assert words in faulty(nodes, edges)


def test_a_return_across_parallel_branches_is_reported() -> None:
    raw = consultation()
    next(node for node in raw["nodes"] if node["code"] == "B1")["return_to"] = ["A1"]
    report = "\n".join(check(raw))
    assert "不能退回到" in report


def test_all_faults_are_told_at_once() -> None:
    raw = approval()
    raw["nodes"][1]["role"] = ""
    raw["nodes"][2]["limit_days"] = 0
    raw["edges"].append(edge("CERT", "NOWHERE", "X"))
    assert len(check(raw)) >= 4


@pytest.mark.django_db
def test_publishing_a_faulty_graph_changes_nothing_and_names_the_faults() -> None:
    raw = approval()
    raw["nodes"][1]["role"] = ""
    with pytest.raises(Refusal) as caught:
        actions.publish("SAMPLE", raw)
    assert [error.message for error in caught.value.fields] == ["“受理”（ACCEPT）没有办理角色"]
    assert "1 处错误" in caught.value.message
    assert not ProcessDefinition.objects.exists()


def test_a_role_that_does_not_exist_is_reported(world: World) -> None:
    raw = approval()
    raw["nodes"][1]["role"] = "wizard"
    with pytest.raises(Refusal) as caught:
        actions.publish("SAMPLE", raw)
    assert "办理角色 wizard 不存在" in caught.value.fields[0].message


def test_new_instances_take_the_newest_version_and_running_ones_keep_theirs(world: World) -> None:
    old = world.begin(approval()).instance
    changed = deepcopy(approval())
    changed["title"] = "示例流程（修订）"
    second = actions.publish("SAMPLE", changed)
    assert actions.publish("SAMPLE", deepcopy(changed)) == second, "the same graph is the same version"
    states = list(ProcessDefinition.objects.order_by("version").values_list("version", "state"))
    assert states == [(1, "RETIRED"), (2, "PUBLISHED")]
    new = world.begin(changed).instance
    assert (old.definition.version, new.definition.version) == (1, 2)
    world.instance = old
    world.do("ACCEPT")
    assert world.at() == ["REVIEW"]


@pytest.mark.django_db
def test_a_process_that_was_never_published_cannot_start(world: World) -> None:
    with pytest.raises(Refusal, match="GHOST"):
        actions.start("GHOST", subject="x", organization=world.office, facts={}, starter=None)

"""Everything that can be wrong with a graph, told in Chinese and all at once."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from minfang.kernel.workflow import branches, shape
from minfang.kernel.workflow.graph import APPLICANT, APPROVALS, GATEWAYS, SIDE, Graph, build, place
from minfang.kernel.workflow.validation_tools import condition, reach, title
from minfang.kernel.workflow.validation_verbs import VERB_CHECKS

CODE = re.compile(r"[A-Z][A-Z0-9_]{0,29}")
POLICIES = ("replay", "jump_back", "either")
DEEPEST_BLOCK = 5

Check = Callable[[Graph], Iterator[str]]


def check(raw: Mapping[str, Any], roles: Collection[str] | None = None) -> list[str]:
    """All faults of a graph; an empty list means it may be published.

    ``roles`` are the role codes that exist; without it roles are not looked up.
    """
    faults = list(shape.faults(raw))
    if faults:
        return faults
    codes = [node["code"] for node in raw["nodes"]]
    faults += [f"节点编码 {code} 重复" for code, times in Counter(codes).items() if times > 1]
    faults += [
        f"节点编码 {code} 不规范：大写字母开头，限大写字母、数字、下划线，不超过 30 位"
        for code in codes
        if not CODE.fullmatch(code)
    ]
    if faults:
        return faults
    graph = build(raw)
    faults += [fault for look in STRUCTURE for fault in look(graph)]
    if roles is not None:
        faults += _unknown_roles(graph, roles)
    return faults


def _targets(graph: Graph) -> Iterator[str]:
    for edge in graph.edges:
        for code in (edge.source, edge.target):
            if code not in graph.nodes:
                yield f"连线 {edge.source} → {edge.target} 指向不存在的节点 {code}"
    for node in graph.nodes.values():
        for code in (*node.return_to, *filter(None, [node.same_person_as])):
            if code not in graph.nodes or graph.nodes[code].kind != "task":
                yield f"{title(node)}引用的环节 {code} 不存在或不是办理环节"


def _counts(graph: Graph) -> Iterator[str]:
    if len(graph.of_kind("start")) != 1:
        yield "开始节点必须有且只有一个"
    if not graph.of_kind("end"):
        yield "缺少结束节点"
    for kind, name in (("supplement", "补正"), ("special", "特别程序")):
        if len(graph.of_kind(kind)) > 1:
            yield f"{name}节点最多一个"
    if any(node.may_supplement for node in graph.nodes.values()) and not graph.single("supplement"):
        yield "有环节允许补正，但没有补正节点"
    if any(node.may_suspend for node in graph.nodes.values()) and not graph.single("special"):
        yield "有环节允许特别程序，但没有特别程序节点"


def _ends(graph: Graph) -> Iterator[str]:
    arriving = {edge.target for edge in graph.edges}
    for node in graph.nodes.values():
        leaving = len(graph.out(node.code))
        if node.kind in ("start", "join") and leaving != 1:
            yield f"{title(node)}必须有且只有一条出线"
        if node.kind in ("fork", "exclusive") and leaving < 2:
            yield f"{title(node)}至少要有两条出线"
        if node.kind in SIDE | {"end"} and leaving:
            yield f"{title(node)}不能有出线"
        if node.kind in SIDE | {"start"} and node.code in arriving:
            yield f"{title(node)}不能有入线"


def _outcomes(graph: Graph) -> Iterator[str]:
    for node in graph.nodes.values():
        known = [outcome.code for outcome in node.outcomes]
        edges = graph.out(node.code)
        if node.kind == "task" and not known:
            yield f"{title(node)}没有办理结果"
        if node.kind in ("task", "system"):
            for code in known or [""]:
                named = [e for e in edges if e.outcome == code] or [e for e in edges if not e.outcome]
                if len(named) != 1:
                    what = "没有去向" if not named else "有多条去向"
                    yield f"{title(node)}的办理结果 {code or '（完成）'} {what}"
        for edge in edges:
            if edge.outcome and edge.outcome not in known:
                yield f"{title(node)}没有办理结果 {edge.outcome}，连线到 {edge.target} 无效"
            if edge.when and node.kind != "exclusive":
                yield f"{title(node)}不是条件分支，连线到 {edge.target} 不能带条件"


def _conditions(graph: Graph) -> Iterator[str]:
    for node in graph.of_kind("exclusive"):
        otherwise = [edge for edge in graph.out(node.code) if not edge.when]
        if len(otherwise) != 1:
            yield f"{title(node)}必须有且只有一条不带条件的“其他情况”出线"
        for edge in graph.out(node.code):
            if edge.when:
                yield from condition(graph, f"{title(node)}到 {edge.target} 的条件", edge.when)


def _reachable(graph: Graph) -> Iterator[str]:
    by_return = {
        target
        for node in graph.nodes.values()
        for target in node.return_to
        if target in graph.nodes and graph.nodes[target].role == APPLICANT
    }
    forward = reach(graph, [node.code for node in graph.of_kind("start")] + sorted(by_return))
    to_end = reach(graph, [node.code for node in graph.of_kind("end")], backwards=True)
    for node in graph.nodes.values():
        if node.kind in SIDE:
            continue
        if node.code not in forward:
            yield f"从开始节点到不了{title(node)}"
        if node.code not in to_end:
            yield f"{title(node)}到不了任何结束节点"


def _blocks(graph: Graph) -> Iterator[str]:
    places, faults = place(graph)
    yield from (f"{title(graph.nodes[code])}{fault}" for code, fault in faults)
    joined: dict[str, dict[str, set[int]]] = {}
    for edge in graph.edges:
        target = graph.nodes.get(edge.target)
        if target is None or target.kind != "join" or edge.source not in graph.nodes:
            continue
        for fork, index in _last_segments(graph, edge.source, edge.target, places):
            joined.setdefault(fork, {}).setdefault(edge.target, set()).add(index)
    for node in graph.of_kind("fork"):
        joins = joined.get(node.code, {})
        if len(joins) != 1 or set(range(len(graph.out(node.code)))) != next(iter(joins.values())):
            yield f"{title(node)}的各个分支必须汇聚到同一个汇聚节点"
    forks_of = Counter(join for joins in joined.values() for join in joins)
    yield from (f"{title(graph.nodes[j])}汇聚了不同的并行块" for j, times in forks_of.items() if times > 1)
    for code, branch in places.items():
        if len(branches.segments(branch)) > DEEPEST_BLOCK:
            yield f"{title(graph.nodes[code])}嵌套超过 {DEEPEST_BLOCK} 层并行块"


def _last_segments(graph: Graph, source: str, join: str, places: Mapping[str, str]) -> list[tuple[str, int]]:
    """The branch (or branches, straight from a fork) along which an edge enters a join."""
    if graph.nodes[source].kind == "fork":
        return [(source, index) for index, edge in enumerate(graph.out(source)) if edge.target == join]
    return branches.segments(places.get(source, ""))[-1:]


def _returns(graph: Graph) -> Iterator[str]:
    for node in graph.nodes.values():
        if node.return_policy not in POLICIES or node.return_scope not in ("branch", "block"):
            yield f"{title(node)}的退回方式不正确"
        for code in node.return_to:
            target = graph.nodes.get(code)
            if target is None:
                continue
            if code == node.code or (target.role != APPLICANT and node.code not in reach(graph, [code])):
                yield f"{title(node)}不能退回到{title(target)}：该环节不在它之前"
            elif branches.parallel(graph.branch(code), graph.branch(node.code)):
                yield f"{title(node)}不能退回到并行的另一分支{title(target)}"


def _tasks(graph: Graph) -> Iterator[str]:
    for node in graph.nodes.values():
        if node.kind == "task" and not node.role:
            yield f"{title(node)}没有办理角色"
        if node.limit_unit not in ("working", "natural"):
            yield f"{title(node)}的时限单位只能是工作日或自然日"
        if node.limit_days is not None and node.limit_days < 1:
            yield f"{title(node)}的时限至少 1 天"


def _idle_loops(graph: Graph) -> Iterator[str]:
    """A ring of gateways only would turn for ever."""
    for node in graph.of_kind(*GATEWAYS):
        waiting, seen = [e.target for e in graph.out(node.code)], set[str]()
        while waiting:
            code = waiting.pop()
            if code == node.code:
                yield f"{title(node)}处的连线成环，环上没有办理环节"
                break
            if code not in seen and code in graph.nodes and graph.nodes[code].kind in GATEWAYS:
                seen.add(code)
                waiting += [e.target for e in graph.out(code)]


def _unknown_roles(graph: Graph, roles: Collection[str]) -> list[str]:
    wanted: dict[tuple[str, str], None] = {}
    for node in graph.of_kind("task", "supplement", *APPROVALS):
        seats = node.countersign.seats if node.countersign else ()
        for role in (node.role, *(seat.role for seat in seats), *(skip.role for skip in node.skips)):
            wanted[title(node), role] = None
    return [
        f"{where}的办理角色 {role} 不存在"
        for where, role in wanted
        if role and role != APPLICANT and role not in roles
    ]


STRUCTURE: tuple[Check, ...] = (
    _targets,
    _counts,
    _ends,
    _outcomes,
    _conditions,
    _reachable,
    _blocks,
    _returns,
    _tasks,
    _idle_loops,
    *VERB_CHECKS,
)

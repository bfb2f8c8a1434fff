"""The graph of a process: what a definition says, read once and never changed.

A definition is JSON::

    {"code": "SAMPLE", "title": "示例流程", "facts": {"area": "number"},
     "nodes": [
       {"code": "N20_ACCEPT", "name": "受理", "kind": "task", "role": "handler",
        "case_status": "ACCEPTING", "node_type": 1, "timed": true, "limit_days": 5, "limit_unit": "working",
        "outcomes": [{"code": "ACCEPT", "label": "予以受理", "tone": "primary", "opinion_required": false,
                      "node_result": 4, "to": "N30_REVIEW"}],
        "return_to": ["N15_PREREVIEW"], "return_policy": "replay", "return_scope": "branch",
        "return_result": 7, "may_supplement": true, "may_transfer": true, "may_suspend": false,
        "same_person_as": "N15_PREREVIEW", "meta": {},
        "may_delegate": true, "may_add_signer": true, "transfer_areas": ["district_to_city"],
        "skips": [{"code": "URGENT", "label": "直报分管领导", "to": "N50_APPROVE", "role": "section_head",
                   "outcome": "ACCEPT", "when": "area > 100", "opinion_required": true}],
        "countersign": {"seats": [{"code": "PLAN", "name": "规划科", "role": "handler"},
                                  {"code": "LAW", "name": "法规科", "role": "section_head"}],
                        "rule": "ratio", "share": 60, "agree": "OK", "refuse": "NO", "wait": false}}],
     "edges": [{"from": "START", "to": "N20_ACCEPT", "when": "", "outcome": ""}],
     "layout": {"N20_ACCEPT": [120, 0]}}

Kinds of node
    start       where every instance begins; one edge out
    task        a person's work item; ``role`` is a role code, or ``applicant``
    system      the product's own step (a push, a delivery); closed by ``complete_system``
    exclusive   takes the first edge whose ``when`` holds, else the one edge without ``when``
    fork, join  all branches of a block; blocks are properly nested, a join belongs to one fork
    end         the instance is closed; ``case_status`` says how
    supplement  at most one, without edges: the applicant's item while 补正 stops the clock
    special     at most one, without edges: what the case is called during 特别程序
    cancel      without edges: one level of the approval of 撤销; the levels are asked in the order written
    void        without edges: one level of the approval of 作废, of a case that is closed

Leaving a task: the edge (or ``to``) that names the outcome, otherwise the edge that names none.
``when`` is an expression (``minfang.kernel.expressions``) over the declared ``facts`` and over
``outcomes.<node>``, the outcome last given at that node on the path that counts.
``return_policy`` is ``replay`` (every later step is done again), ``jump_back`` (straight back to who
returned it, as long as the outcome stays the same) or ``either`` (the officer chooses). ``return_scope``
says what a return into a finished parallel block asks again: one ``branch`` or the whole ``block``.
An end with ``return_to`` names the steps at which a case that ended there may be re-opened
(重开) by whoever holds the end's ``role``.

A ``countersign`` (会签) step opens one item a seat. ``rule`` says when it is carried: ``all`` seats agree,
``any`` one does, at least ``share`` per cent (``ratio``) do, or ``ordered``: all, one after the other. A
seat agrees by the outcome ``agree``; any other outcome is a no. Carried, the step ends with ``agree``,
otherwise with ``refuse`` (needed when the step has more than one outcome). As soon as the result is
certain the seats still open are closed, unless ``wait`` asks for every opinion. A new round asks all again.

``skips`` are shortcuts (跳级) by name: whoever holds the item and also holds ``role`` (if one is named) may
go to a later step of the same branch, as far as ``when`` holds; the step left counts as finished with
``outcome`` (its first one, if none is named). ``may_delegate`` allows 委派, ``may_add_signer`` 加签 and
``may_transfer`` 转派 inside the office; ``transfer_areas`` adds the directions in which the whole case may
be handed to another office: ``city_to_district``, ``district_to_city``, ``district_to_district``.
The approval steps ``cancel`` and ``void`` have exactly the outcomes ``AGREE`` and ``REFUSE``.

``same_person_as`` offers the item first to whoever closed that node. ``node_type``, ``node_result`` and
``return_result`` are codes for the outside case registry; ``meta`` is carried along untouched.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import orjson

from minfang.kernel.workflow import branches

APPLICANT = "applicant"
WORK = frozenset({"task", "system"})
APPROVALS = frozenset({"cancel", "void"})
SIDE = frozenset({"supplement", "special"}) | APPROVALS
GATEWAYS = frozenset({"exclusive", "fork", "join"})
KINDS = WORK | SIDE | GATEWAYS | {"start", "end"}


@dataclass(frozen=True)
class Outcome:
    """One way to finish a task: the button an officer presses."""

    code: str
    label: str = ""
    tone: str = "default"
    opinion_required: bool = False
    node_type: int | None = None
    node_result: int | None = None
    to: str = ""
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Skip:
    """A named shortcut to a later step (跳级), for whoever holds the role."""

    code: str
    to: str
    label: str = ""
    role: str = ""
    outcome: str = ""
    when: str = ""
    opinion_required: bool = True


@dataclass(frozen=True)
class Seat:
    """One voice of a countersigned step; whoever holds the role may take it."""

    code: str
    role: str
    name: str = ""


@dataclass(frozen=True)
class Countersign:
    """How several voices make one result (会签)."""

    seats: tuple[Seat, ...]
    rule: str = "all"
    agree: str = ""
    refuse: str = ""
    share: int = 100
    wait: bool = False

    def seat(self, code: str) -> Seat | None:
        """The seat of that code; None for a signer who was added."""
        return next((seat for seat in self.seats if seat.code == code), None)


@dataclass(frozen=True)
class Node:
    """One step, gateway or event of the process."""

    code: str
    name: str = ""
    kind: str = "task"
    role: str = ""
    case_status: str = ""
    node_type: int | None = None
    node_result: int | None = None
    timed: bool = False
    limit_days: int | None = None
    limit_unit: str = "working"
    outcomes: tuple[Outcome, ...] = ()
    return_to: tuple[str, ...] = ()
    return_policy: str = "replay"
    return_scope: str = "branch"
    return_result: int | None = None
    may_supplement: bool = False
    may_transfer: bool = False
    may_suspend: bool = False
    may_delegate: bool = False
    may_add_signer: bool = False
    transfer_areas: tuple[str, ...] = ()
    same_person_as: str = ""
    countersign: Countersign | None = None
    skips: tuple[Skip, ...] = ()
    meta: dict[str, Any] = field(default_factory=dict)

    def outcome(self, code: str) -> Outcome | None:
        """The outcome of that code, or None."""
        return next((outcome for outcome in self.outcomes if outcome.code == code), None)

    def skip(self, code: str) -> Skip | None:
        """The shortcut of that code, or None."""
        return next((skip for skip in self.skips if skip.code == code), None)


@dataclass(frozen=True)
class Edge:
    """A way from one node to another, open for an outcome or when a condition holds."""

    source: str
    target: str
    outcome: str = ""
    when: str = ""


@dataclass(frozen=True)
class Graph:
    """A whole process definition."""

    code: str
    title: str
    facts: Mapping[str, str]
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    layout: Mapping[str, tuple[float, float]]

    def node(self, code: str) -> Node:
        """The node of that code."""
        return self.nodes[code]

    @cached_property
    def _out(self) -> dict[str, list[Edge]]:
        found: dict[str, list[Edge]] = {code: [] for code in self.nodes}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return found

    def out(self, code: str) -> list[Edge]:
        """The edges that leave a node, in the order written."""
        return self._out.get(code, [])

    def leaving(self, code: str, outcome: str) -> Edge | None:
        """The edge a finished step takes for this outcome."""
        edges = self.out(code)
        named = [edge for edge in edges if edge.outcome == outcome]
        return next(iter(named or [edge for edge in edges if not edge.outcome]), None)

    def of_kind(self, *kinds: str) -> list[Node]:
        """All nodes of these kinds."""
        return [node for node in self.nodes.values() if node.kind in kinds]

    def single(self, kind: str) -> Node | None:
        """The node of a kind of which there is at most one."""
        return next(iter(self.of_kind(kind)), None)

    def sound(self) -> "Graph":
        """The graph without edges to nodes that do not exist, so that a draft can be drawn."""
        whole = tuple(e for e in self.edges if e.source in self.nodes and e.target in self.nodes)
        return self if len(whole) == len(self.edges) else replace(self, edges=whole)

    @cached_property
    def places(self) -> dict[str, str]:
        """The branch every node lies in."""
        return place(self)[0]

    def branch(self, code: str) -> str:
        """The branch a node lies in; the main line when nothing leads to it."""
        return self.places.get(code, "")


Faults = dict[tuple[str, str], None]


def place(graph: Graph) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Follow every edge and note the branch each node lies in; also (node, fault) where blocks do not nest.

    An applicant's step that no edge leads to is entered by a return only and lies on the main line.
    """
    places: dict[str, str] = {}
    faults: Faults = {}
    for node in graph.of_kind("start"):
        _follow(graph, node.code, places, faults)
    for node in graph.of_kind("task"):
        if node.role == APPLICANT and node.code not in places:
            _follow(graph, node.code, places, faults)
    return places, list(faults)


def _follow(graph: Graph, first: str, places: dict[str, str], faults: Faults) -> None:
    waiting = [(first, "")]
    while waiting:
        code, branch = waiting.pop()
        node = graph.nodes[code]
        if node.kind == "join":
            if not branch:
                faults[code, "汇聚之前没有并行分支"] = None
                continue
            branch = branches.parent(branch)
        if code in places:
            if places[code] != branch:
                faults[code, "既在并行块之内又在块之外，或同属两个分支"] = None
            continue
        if node.kind == "end" and branch:
            faults[code, "并行块内不能直接结束，须先汇聚"] = None
        places[code] = branch
        for index, edge in enumerate(graph.out(code)):
            deeper = branches.inside(branch, code, index) if node.kind == "fork" else branch
            if edge.target in graph.nodes:
                waiting.append((edge.target, deeper))


def canonical(graph: Mapping[str, Any]) -> bytes:
    """The bytes by which two graphs are compared and hashed: keys sorted, no blanks."""
    return orjson.dumps(graph, option=orjson.OPT_SORT_KEYS)


def digest(graph: Mapping[str, Any]) -> str:
    """Hexadecimal SHA-256 of the canonical graph."""
    return hashlib.sha256(canonical(graph)).hexdigest()


def build(raw: Mapping[str, Any]) -> Graph:
    """Read a graph that has been checked (``validation.check``)."""
    nodes = {node.code: node for node in map(_node, raw["nodes"])}
    shortcuts = [
        Edge(node.code, outcome.to, outcome.code)
        for node in nodes.values()
        for outcome in node.outcomes
        if outcome.to
    ]
    return Graph(
        raw["code"],
        raw.get("title", ""),
        raw.get("facts", {}),
        nodes,
        (*_edges(raw.get("edges", ())), *shortcuts),
        {code: (float(x), float(y)) for code, (x, y) in (raw.get("layout") or {}).items()},
    )


def _node(raw: Mapping[str, Any]) -> Node:
    values = dict(raw)
    values["outcomes"] = tuple(Outcome(**outcome) for outcome in raw.get("outcomes", ()))
    for name in ("return_to", "transfer_areas"):
        values[name] = tuple(raw.get(name, ()))
    values["skips"] = tuple(Skip(**skip) for skip in raw.get("skips", ()))
    values["countersign"] = _countersign(raw.get("countersign"))
    return Node(**values)


def _countersign(raw: Mapping[str, Any] | None) -> Countersign | None:
    if not raw:
        return None
    return Countersign(**{**raw, "seats": tuple(Seat(**seat) for seat in raw["seats"])})


def _edges(raw: Iterable[Mapping[str, Any]]) -> list[Edge]:
    return [Edge(e["from"], e["to"], e.get("outcome") or "", e.get("when") or "") for e in raw]

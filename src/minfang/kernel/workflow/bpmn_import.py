"""BPMN 2.0 import: the part of it this product carries out becomes a graph; everything else is named.

Gateways that only spell out what a graph says of itself are dissolved: the one behind a step whose
outcomes part, and gateways where ways merely meet. Lanes become roles where a step names none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minfang.kernel import expressions
from minfang.kernel.workflow import extension, shape
from minfang.kernel.workflow.bpmn_layout import drawn
from minfang.kernel.workflow.bpmn_profile import (
    DECORATION,
    ERROR,
    EVENT_DEFINITIONS,
    KINDS,
    LOOPS,
    MODEL,
    NOTE,
    OUTSIDE,
    WORDS,
    Finding,
)
from minfang.kernel.workflow.extension import SPACE
from minfang.kernel.workflow.xmltree import Element, XmlFault, read

CODE = re.compile(r"[A-Z][A-Z0-9_]{0,29}")
DECIDED = re.compile(r"outcome_(\w+) *== *(['\"])(.*)\2")
IGNORED = frozenset({"incoming", "outgoing", "extensionElements", "laneSet", *DECORATION})
PLAIN = frozenset({"id", "name", "default", "isExecutable", "sourceRef", "targetRef"})
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LONGEST_NAME = 100


@dataclass
class Imported:
    """What a file gave. ``graph`` is missing when something in it cannot be carried out."""

    graph: dict[str, Any] | None
    findings: list[Finding]
    lines: dict[str, int]

    @property
    def errors(self) -> list[Finding]:
        """What stops the import."""
        return [finding for finding in self.findings if finding.level == ERROR]


@dataclass
class _Flow:
    element: Element
    source: str
    target: str
    outcome: str
    condition: str
    more: dict[str, Any]


@dataclass
class _Reader:
    roles: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    outside: set[str] = field(default_factory=set)
    flows: list[_Flow] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    sides: list[dict[str, Any]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def tell(self, level: str, element: Element, message: str, advice: str = "") -> None:
        words = WORDS | {tag: entry[0] for tag, entry in OUTSIDE.items()} | DECORATION
        label = words.get(element.tag, element.tag)
        code, name = element.get("id"), element.get("name")
        self.findings.append(Finding(level, label, code, name, element.line, message, advice))

    def process(self, process: Element) -> None:
        """Read the flow elements of the process, then tie them together."""
        self._declared(process)
        for (space, name), text in process.attributes.items():
            if space or name not in PLAIN | {"processType", "isClosed"}:
                self.tell(NOTE, process, f"属性 {name}=“{text[:60]}”未带入。")
        for child in process.children:
            if child.space != MODEL:
                self.tell(NOTE, child, f"其他命名空间的内容 {child.tag} 未带入。")
            elif child.tag in KINDS:
                self._node(child)
            elif child.tag in DECORATION:
                self.tell(NOTE, child, f"{DECORATION[child.tag]}不影响办理，未带入。")
            elif child.tag not in IGNORED | {"sequenceFlow"}:
                self._unknown(child)
        self._lanes(process)
        for child in process.all(MODEL, "sequenceFlow"):
            self._flow(child)
        self._gateways()
        self._outcomes()
        self._references()

    def _unknown(self, child: Element) -> None:
        _, why, advice = OUTSIDE.get(child.tag, (child.tag, f"元素 {child.tag} 不在支持范围内。", ""))
        self.outside.add(child.get("id"))
        self.tell(ERROR, child, why, advice or "请改用支持的元素。")

    def _declared(self, process: Element) -> None:
        found = process.first(MODEL, "extensionElements")
        for child in found.children if found else []:
            faults: list[tuple[str, int]] = []
            if child.space == SPACE and child.tag == "fact" and child.get("type") in shape.FACT_TYPES:
                self.facts[child.get("name")] = child.get("type")
            elif child.space == SPACE and child.tag == "side":
                values = extension.read_values(child, shape.NODE, faults)
                outcomes = extension.results(child, faults)
                self.sides.append({**values, "outcomes": outcomes} if outcomes else values)
                self.lines[values.get("code", "")] = child.line
            else:
                self.tell(NOTE, child, f"流程的扩展内容 {child.tag} 无法识别，未带入。")
            self._faults(process, faults)

    def _faults(self, element: Element, faults: list[tuple[str, int]]) -> None:
        for message, line in faults:
            self.tell(ERROR, Element(element.space, element.tag, line, element.attributes), f"{message}。")

    def _node(self, element: Element) -> None:
        identifier = element.get("id")
        if not identifier or identifier in self.elements:
            what = "标识重复" if identifier else "没有标识（id）"
            self.tell(ERROR, element, f"{what}。", "请为每个元素写上各不相同的 id。")
            return
        code = self._code(element, identifier)
        values: dict[str, Any] = {"code": code, "kind": KINDS[element.tag]}
        if name := " ".join(element.get("name").split())[:LONGEST_NAME]:
            values["name"] = name
        self.elements[identifier], self.nodes[identifier] = element, values
        self.lines[code] = element.line
        values.update(self._step(element))
        self._inner(element)

    def _code(self, element: Element, identifier: str) -> str:
        code = identifier
        if not CODE.fullmatch(code):
            code = re.sub(r"[^A-Z0-9_]+", "_", identifier.upper()).strip("_")[:30]
            if not re.match(r"[A-Z]", code):
                code = f"N_{code}"[:30].rstrip("_")
        number, wanted = 2, code
        while code in self.codes.values():
            code, number = f"{wanted[:26]}_{number}", number + 1
        self.codes[identifier] = code
        is_step = element.tag in ("userTask", "serviceTask")
        if code != identifier and is_step:
            self.tell(NOTE, element, f"标识 {identifier} 不合节点编码规则，已改为 {code}。")
        return code

    def _step(self, element: Element) -> dict[str, Any]:
        found = element.first(MODEL, "extensionElements")
        values: dict[str, Any] = {}
        for child in found.children if found else []:
            faults: list[tuple[str, int]] = []
            if child.space == SPACE and child.tag == "step":
                values = extension.read_values(child, shape.NODE, faults)
                if outcomes := extension.results(child, faults):
                    values["outcomes"] = outcomes
            else:
                self.tell(NOTE, element, f"扩展内容 {child.tag} 未带入。", "请在步骤的属性中另行设置。")
            self._faults(element, faults)
        return {k: v for k, v in values.items() if k not in extension.ELSEWHERE}

    def _inner(self, element: Element) -> None:
        for (space, name), text in element.attributes.items():
            if space or name not in PLAIN:
                self.tell(NOTE, element, f"属性 {name}=“{text[:60]}”未带入。", _hint(name))
        for child in element.children:
            if child.tag in EVENT_DEFINITIONS:
                what = EVENT_DEFINITIONS[child.tag]
                self.tell(ERROR, element, f"带有{what}事件定义。", "只支持普通的开始和结束，请去掉事件定义。")
            elif child.tag in LOOPS:
                what, advice = LOOPS[child.tag]
                self.tell(ERROR, element, f"带有{what}标记。", advice)
            elif child.tag in DECORATION:
                self.tell(NOTE, element, f"{DECORATION[child.tag]}未带入。", _hint(child.tag))
            elif child.tag not in IGNORED:
                self.tell(ERROR, element, f"含有 {child.tag}，不在支持范围内。", "请删去。")

    def _lanes(self, process: Element) -> None:
        for found in process.all(MODEL, "laneSet", "childLaneSet"):
            for lane in found.all(MODEL, "lane"):
                self._lane(lane)
                self._lanes(lane)

    def _lane(self, lane: Element) -> None:
        known = {**{name: code for code, name in self.roles.items()}, **{code: code for code in self.roles}}
        known |= {"申请人": "applicant", "applicant": "applicant"}
        wanted = (lane.get("name").strip(), lane.get("id"))
        role = next((known[word] for word in wanted if word in known), "")
        for reference in lane.all(MODEL, "flowNodeRef"):
            node = self.nodes.get(reference.text.strip())
            if node is None and reference.text.strip() not in self.outside:
                self.tell(NOTE, lane, f"引用的节点 {reference.text.strip()[:60]} 不存在，已略去。")
            elif node is not None and node["kind"] == "task" and not node.get("role") and role:
                node["role"] = role
        if not role and lane.first(MODEL, "childLaneSet") is None:
            advice = f"可用的角色：{'、'.join(self.roles.values()) or '（尚未载入）'}。"
            self.tell(NOTE, lane, "泳道名称不是平台的角色，未能据此确定办理角色。", advice)

    def _flow(self, element: Element) -> None:
        source, target = element.get("sourceRef"), element.get("targetRef")
        condition = self._condition(element)
        missing = [code for code in (source, target) if code not in self.nodes]
        for code in missing:
            if code not in self.outside:
                self.tell(
                    ERROR,
                    element,
                    f"引用了不存在的节点 {code or '（空）'}。",
                    "请重新连线，或删去这条顺序流。",
                )
        if missing:
            return
        faults: list[tuple[str, int]] = []
        ours = {(s, n): t for (s, n), t in element.attributes.items() if s == SPACE}
        more = extension.read_values(Element("", "", element.line, ours), shape.EDGE, faults)
        self._faults(element, faults)
        for (space, name), text in element.attributes.items():
            if space not in ("", SPACE) or (not space and name not in PLAIN | {"isImmediate"}):
                self.tell(NOTE, element, f"属性 {name}=“{text[:60]}”未带入。")
        self.flows.append(_Flow(element, source, target, more.pop("outcome", ""), condition, more))

    def _condition(self, element: Element) -> str:
        found = element.first(MODEL, "conditionExpression")
        text = " ".join(found.text.split()) if found else ""
        try:
            expressions.parse(text or "true")
        except expressions.ExpressionError as error:
            advice = "请用平台的条件语法，如 area >= 1000 或 outcomes.N20 == 'ACCEPT'。"
            self.tell(ERROR, element, f"条件“{text[:80]}”无法识别：{error}。", advice)
        return text

    def _gateways(self) -> None:
        for identifier, node in list(self.nodes.items()):
            into = [flow for flow in self.flows if flow.target == identifier]
            out = [flow for flow in self.flows if flow.source == identifier]
            if node["kind"] == "fork":
                self._parallel(identifier, node, into, out)
            elif node["kind"] == "exclusive" and self._decides(into, out):
                self._decided(identifier, into[0], out)
        for identifier, node in list(self.nodes.items()):
            out = [flow for flow in self.flows if flow.source == identifier]
            if node["kind"] == "exclusive" and len(out) == 1 and out[0].target != identifier:
                self._dissolve(identifier, out[0])

    def _parallel(self, identifier: str, node: dict[str, Any], into: list[_Flow], out: list[_Flow]) -> None:
        if len(into) > 1 and len(out) > 1:
            message, advice = "既汇聚又分叉。", "请拆成一个汇聚网关和一个分叉网关。"
            self.tell(ERROR, self.elements[identifier], message, advice)
        elif len(out) < 2:
            node["kind"] = "join"

    def _decides(self, into: list[_Flow], out: list[_Flow]) -> bool:
        """Whether a gateway only tells apart the outcomes of the one step before it."""
        if len(into) != 1 or len(out) < 2 or self.nodes[into[0].source]["kind"] not in ("task", "system"):
            return False
        named = [flow for flow in out if flow.outcome or self._outcome_of(flow, into[0].source)]
        open_ways = [flow for flow in out if not flow.condition and not flow.outcome]
        return bool(named) and len(named) + len(open_ways) == len(out)

    def _outcome_of(self, flow: _Flow, source: str) -> str:
        found = DECIDED.fullmatch(flow.condition)
        return found[3] if found and found[1] in (source, self.codes[source]) else ""

    def _decided(self, identifier: str, into: _Flow, out: list[_Flow]) -> None:
        for flow in out:
            flow.outcome = flow.outcome or self._outcome_of(flow, into.source)
            flow.source, flow.condition = into.source, ""
        self.flows.remove(into)
        self._remove(identifier)

    def _dissolve(self, identifier: str, out: _Flow) -> None:
        into = [flow for flow in self.flows if flow.target == identifier]
        if out.condition or not into:
            return
        for flow in into:
            flow.target = out.target
        self.flows.remove(out)
        self._remove(identifier)

    def _remove(self, identifier: str) -> None:
        self.lines.pop(self.nodes.pop(identifier)["code"], None)

    def _outcomes(self) -> None:
        """Ways out of a step that name an outcome by condition; a step without outcomes gets one."""
        for flow in self.flows:
            kind = self.nodes[flow.source]["kind"]
            if kind in ("task", "system") and flow.condition:
                flow.outcome = flow.outcome or self._outcome_of(flow, flow.source)
                if flow.outcome:
                    flow.condition = ""
        for identifier, node in self.nodes.items():
            if node["kind"] == "task" and not node.get("outcomes"):
                node["outcomes"] = [{"code": "DONE", "label": "提交", "tone": "primary"}]
                self.tell(NOTE, self.elements[identifier], "没有声明办理结果，已补上“提交”。")

    def _references(self) -> None:
        for node in (*self.nodes.values(), *self.sides):
            if back := node.get("return_to"):
                node["return_to"] = [self.codes.get(code, code) for code in back]
            if same := node.get("same_person_as"):
                node["same_person_as"] = self.codes.get(same, same)
            for skip in node.get("skips", ()):
                if isinstance(skip, dict) and isinstance(skip.get("to"), str):
                    skip["to"] = self.codes.get(skip["to"], skip["to"])

    def edges(self) -> list[dict[str, Any]]:
        """The flows as a definition writes them."""
        found = []
        for flow in self.flows:
            edge = {"from": self.codes[flow.source], "to": self.codes[flow.target]}
            edge |= {k: v for k, v in (("outcome", flow.outcome), ("when", flow.condition)) if v}
            found.append({**edge, **flow.more})
        return found


def from_bpmn(content: bytes, roles: Mapping[str, str] | None = None) -> Imported:
    """Read a BPMN file. ``roles`` (code to name) are those a lane may name. Bad files do not raise."""
    try:
        root = read(content)
    except XmlFault as fault:
        finding = Finding(ERROR, "文件", "", "", fault.line, str(fault), "请从流程设计工具重新导出。")
        return Imported(None, [finding], {})
    reader = _Reader(roles or {})
    process = _only_process(reader, root)
    if process is None:
        return Imported(None, reader.findings, {})
    reader.process(process)
    graph = {
        "code": process.get("id")[:60],
        "title": (process.get("name") or process.get("id"))[:100],
        "facts": reader.facts,
        "nodes": [*reader.nodes.values(), *reader.sides],
        "edges": reader.edges(),
    }
    if layout := drawn(root, {i: node["code"] for i, node in reader.nodes.items()}):
        graph["layout"] = layout
    imported = Imported(graph, sorted(reader.findings, key=lambda one: one.line), reader.lines)
    if imported.errors:
        imported.graph = None
    return imported


def _only_process(reader: _Reader, root: Element) -> Element | None:
    if root.space != MODEL or root.tag != "definitions":
        reader.tell(ERROR, root, "不是 BPMN 2.0 文件（根元素应为 definitions）。", "请选择 .bpmn 文件。")
        return None
    for child in root.children:
        if child.tag == "collaboration":
            _collaboration(reader, child)
        elif child.tag in DECORATION:
            reader.tell(NOTE, child, f"{DECORATION[child.tag]}未带入。")
        elif child.space == MODEL and child.tag not in ("process", "extensionElements"):
            reader.tell(NOTE, child, f"内容 {child.tag} 未带入。")
    found = list(root.all(MODEL, "process"))
    full = [one for one in found if any(child.tag in KINDS for child in one.children)]
    if len(full or found) != 1:
        what = "文件里没有流程。" if not found else f"文件里有 {len(full or found)} 个流程。"
        reader.tell(ERROR, root, what, "请每个文件只放一个流程。")
        return None
    return (full or found)[0]


def _collaboration(reader: _Reader, found: Element) -> None:
    for child in found.children:
        if child.tag == "messageFlow":
            reader.tell(ERROR, child, OUTSIDE["messageFlow"][1], OUTSIDE["messageFlow"][2])
        elif child.tag != "participant":
            reader.tell(NOTE, child, f"协作中的 {child.tag} 未带入。")


def _hint(name: str) -> str:
    if name in ("assignee", "candidateUsers", "candidateGroups", "potentialOwner", "humanPerformer"):
        return "请在步骤中选择办理角色。"
    if name in ("dueDate", "duration"):
        return "请在步骤中填写时限。"
    return "请在表单定义中设置。" if name in ("formKey", "formRef") else ""

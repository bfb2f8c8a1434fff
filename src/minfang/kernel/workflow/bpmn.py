"""BPMN 2.0 export, so that any BPMN tool can show a definition and an independent engine can check ours.

A task whose outcomes part is followed by an exclusive gateway over the variable ``outcome_<task>``; ways
that meet at a fork, or in one branch before a join, meet in a gateway before it. What BPMN has no place
for travels in elements of our own namespace (``extension.py``); ``bpmn_import.py`` reads it all back.
"""

from collections import Counter
from dataclasses import replace
from xml.sax.saxutils import escape, quoteattr

from minfang.kernel.workflow import extension
from minfang.kernel.workflow.branches import segments
from minfang.kernel.workflow.graph import SIDE, Edge, Graph, Node
from minfang.kernel.workflow.layout import Point, positions, route, size

NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "minfang": extension.SPACE,
}
TAGS = {
    "start": "startEvent",
    "end": "endEvent",
    "task": "userTask",
    "system": "serviceTask",
    "exclusive": "exclusiveGateway",
    "fork": "parallelGateway",
    "join": "parallelGateway",
}
MARGIN, STRETCH = 120.0, 1.8


def to_bpmn(graph: Graph) -> str:
    """The definition as a BPMN 2.0 document with its drawing."""
    writer = _Writer(graph)
    for node in graph.nodes.values():
        if node.kind not in SIDE:
            writer.node(node)
    writer.merges()
    return writer.document()


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.points = {code: stretched(point) for code, point in positions(graph).items()}
        self.elements: list[str] = []
        self.flows: list[str] = []
        self.shapes: list[str] = []
        self._merged = _merges(graph)
        for (join, index), code in self._merged.items():
            x, y = self.points[join]
            self.points[code] = (x - 56, y + 36 * max(index, 0))

    def node(self, node: Node) -> None:
        """One node, the gateway behind it where its outcomes part, and the edges that leave it."""
        edges = self.graph.out(node.code)
        source, default = node.code, ""
        decided = node.kind in ("task", "system") and len(edges) > 1
        if decided:
            source = f"{node.code}_decision"
            x, y = self.points[node.code]
            self.points[source] = (x + 92, y)
            self._flow(Edge(node.code, source), "", 0)
        conditions = [self._condition(node, edge) for edge in edges]
        for number, (edge, condition) in enumerate(zip(edges, conditions, strict=True), 1):
            target = self._merged.get(_entry(self.graph, edge), edge.target)
            identifier = self._flow(replace(edge, source=source, target=target, when=""), condition, number)
            if (decided or node.kind == "exclusive") and not condition:
                default = identifier
        self._element(node, "" if decided else default)
        if decided:
            self._gateway(source, default)
        self._shape(node.code, size(node.kind))

    def merges(self) -> None:
        """The gateways where several ways meet before a parallel gateway."""
        for (join, _), code in self._merged.items():
            self._gateway(code, "")
            self._flow(Edge(code, join), "", 1)

    def _condition(self, node: Node, edge: Edge) -> str:
        if node.kind == "exclusive":
            return edge.when
        return f"outcome_{node.code} == '{edge.outcome}'" if edge.outcome else ""

    def _element(self, node: Node, default: str) -> None:
        attribute = f" default={quoteattr(default)}" if default else ""
        self.elements.append(
            f"<bpmn:{TAGS[node.kind]} id={quoteattr(node.code)} name={quoteattr(node.name)}{attribute}>"
            f"<bpmn:extensionElements>{extension.step(node)}</bpmn:extensionElements>"
            f"</bpmn:{TAGS[node.kind]}>"
        )

    def _gateway(self, code: str, default: str) -> None:
        attribute = f" default={quoteattr(default)}" if default else ""
        self.elements.append(f"<bpmn:exclusiveGateway id={quoteattr(code)}{attribute} />")
        self._shape(code, size("exclusive"))

    def _flow(self, edge: Edge, condition: str, number: int) -> str:
        identifier = f"flow_{edge.source}_{number}"
        outcome = self.graph.nodes.get(edge.source.removesuffix("_decision"), Node("")).outcome(edge.outcome)
        name = f" name={quoteattr(outcome.label or outcome.code)}" if outcome else ""
        body = (
            f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{escape(condition)}'
            "</bpmn:conditionExpression>"
            if condition
            else ""
        )
        ends = f"sourceRef={quoteattr(edge.source)} targetRef={quoteattr(edge.target)}"
        self.flows.append(
            f"<bpmn:sequenceFlow id={quoteattr(identifier)} {ends}{name}{extension.flow_attributes(edge)}>"
            f"{body}</bpmn:sequenceFlow>"
        )
        points = "".join(map(_waypoint, self._route(edge)))
        self.shapes.append(
            f"<bpmndi:BPMNEdge id={quoteattr(identifier + '_di')} bpmnElement={quoteattr(identifier)}>"
            f"{points}</bpmndi:BPMNEdge>"
        )
        return identifier

    def _route(self, edge: Edge) -> list[Point]:
        ends = [self.graph.nodes.get(code) for code in (edge.source, edge.target)]
        extents = [size(node.kind if node else "exclusive") for node in ends]
        return route(self.points[edge.source], extents[0], self.points[edge.target], extents[1])

    def _shape(self, code: str, extent: tuple[float, float]) -> None:
        (x, y), (width, height) = self.points[code], extent
        self.shapes.append(
            f"<bpmndi:BPMNShape id={quoteattr(code + '_di')} bpmnElement={quoteattr(code)}>"
            f'<dc:Bounds x="{x - width / 2}" y="{y - height / 2}" width="{width}" height="{height}" />'
            "</bpmndi:BPMNShape>"
        )

    def document(self) -> str:
        """The whole XML."""
        names = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
        code, title = quoteattr(self.graph.code), quoteattr(self.graph.title)
        facts = [extension.element("fact", {"name": k, "type": v}) for k, v in self.graph.facts.items()]
        sides = [extension.step(node, "side") for node in self.graph.of_kind(*SIDE)]
        declared = f"<bpmn:extensionElements>{''.join([*facts, *sides])}</bpmn:extensionElements>"
        parts = [declared] if facts or sides else []
        body = "\n".join([*parts, *self.elements, *self.flows])
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions {names} id="definitions" '
            f'targetNamespace="{NAMESPACES["minfang"]}">\n'
            f'<bpmn:process id={code} name={title} isExecutable="true">\n{body}\n</bpmn:process>\n'
            f'<bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement={code}>\n'
            + "\n".join(self.shapes)
            + "\n</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>\n</bpmn:definitions>\n"
        )


def _entry(graph: Graph, edge: Edge) -> tuple[str, int]:
    """The node an edge enters and, for a join, along which branch (-1 straight from the fork)."""
    around = segments(graph.branch(edge.source))
    straight = graph.node(edge.source).kind == "fork"
    if graph.node(edge.target).kind != "join":
        return edge.target, 0
    return edge.target, -1 if straight or not around else around[-1][1]


def _merges(graph: Graph) -> dict[tuple[str, int], str]:
    """Where several ways meet at a parallel gateway: BPMN would wait for each, so they meet before it."""
    parallel = {node.code for node in graph.of_kind("join", "fork")}
    entries = Counter(_entry(graph, edge) for edge in graph.edges if edge.target in parallel)
    return {
        (code, index): f"{code}_merge_{index}"
        for (code, index), times in entries.items()
        if times > 1 and index >= 0
    }


def stretched(point: Point) -> Point:
    """Where a node stands in the BPMN drawing: wider, to leave room for the gateways behind the steps."""
    return point[0] * STRETCH + MARGIN, point[1] + MARGIN


def shrunk(point: Point) -> Point:
    """Back from the BPMN drawing to our own."""
    return round((point[0] - MARGIN) / STRETCH, 1), round(point[1] - MARGIN, 1)


def _waypoint(point: Point) -> str:
    return f'<di:waypoint x="{point[0]}" y="{point[1]}" />'

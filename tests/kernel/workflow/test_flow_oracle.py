"""Forward runs agree with SpiffWorkflow, which reads the BPMN this product writes."""

from typing import Any

from defusedxml import ElementTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from tests.kernel.workflow.random_graphs import FACTS, graphs
from tests.kernel.workflow.samples import approval, chain, edge, graph, other, task

from minfang.kernel.workflow import verbs
from minfang.kernel.workflow.bpmn import NAMESPACES, to_bpmn
from minfang.kernel.workflow.graph import Graph, build
from minfang.kernel.workflow.state import CLOSED, State
from minfang.kernel.workflow.voices import verdict


class Oracle:
    """The same definition run by the other engine."""

    def __init__(self, definition: Graph, facts: dict[str, Any]) -> None:
        parser = BpmnParser()
        text = to_bpmn(definition).replace("bpmn:serviceTask", "bpmn:manualTask")  # it would run a service
        parser.add_bpmn_xml(etree.fromstring(text.encode()))
        self.workflow = BpmnWorkflow(parser.get_spec(definition.code))
        self.workflow.data.update(facts)
        self.definition = definition
        self._pass_gateways()

    def _works(self, task: Any) -> bool:
        node = self.definition.nodes.get(task.task_spec.bpmn_id or "")
        return node is not None and node.kind in ("task", "system")

    def _pass_gateways(self) -> None:
        while rest := [t for t in self.workflow.get_tasks(state=TaskState.READY) if not self._works(t)]:
            rest[0].run()
        self.workflow.refresh_waiting_tasks()

    def ready(self) -> list[str]:
        tasks = self.workflow.get_tasks(state=TaskState.READY)
        return sorted(t.task_spec.bpmn_id for t in tasks if self._works(t))

    def do(self, node: str, outcome: str, facts: dict[str, Any]) -> None:
        ready = self.workflow.get_tasks(state=TaskState.READY)
        found = next(t for t in ready if t.task_spec.bpmn_id == node)
        found.data.update(facts)
        found.data[f"outcome_{node}"] = outcome
        found.run()
        self._pass_gateways()


def forward(definition: Graph, facts: dict[str, Any], pick: Any) -> None:
    """Run both side by side, finishing whichever open step ``pick`` chooses."""
    state: State = verbs.begin(definition, facts, None).state
    oracle = Oracle(definition, facts)
    while state.phase != CLOSED:
        assert sorted({item.node for item in state.open_items()}) == oracle.ready()
        items = state.open_items()
        item = items[pick(len(items))]
        outcomes = [outcome.code for outcome in definition.node(item.node).outcomes] or [""]
        outcome = outcomes[pick(len(outcomes))]
        motion = verbs.complete(definition, state, item, outcome, facts=facts, by=1)
        state, result = motion.state, verdict(definition.node(item.node), motion.passage(item))
        if result is not None:  # a countersigned step is one user task there, done with its result
            oracle.do(item.node, result, facts)
    assert oracle.ready() == []
    assert oracle.workflow.is_completed()


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=60, deadline=None, suppress_health_check=QUIET)
@given(graphs(loops=False, returns=False), st.data())
def test_random_forward_runs_agree(raw: dict[str, Any], data: st.DataObject) -> None:
    facts = {name: data.draw(st.integers(0, 10)) for name in FACTS}
    forward(build(raw), facts, lambda n: data.draw(st.integers(0, n - 1)))


@settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
@given(st.data())
def test_outcomes_that_part_agree(data: st.DataObject) -> None:
    outcomes = [{"code": "GO"}, {"code": "BACK"}, {"code": "STOP"}]
    nodes = [
        other("S", "start"),
        task("A"),
        task("B", outcomes=outcomes),
        other("E", "end"),
        task("C"),
        other("X", "end"),
    ]
    edges = [
        *chain("S", "A", "B"),
        edge("B", "C", "GO"),
        edge("B", "A", "BACK"),
        edge("B", "X", "STOP"),
        edge("C", "E"),
    ]
    forward(build(graph(nodes, edges)), {}, lambda n: data.draw(st.integers(0, n - 1)))


def test_the_bpmn_is_well_formed_and_complete() -> None:
    definition = build(approval())
    root = ElementTree.fromstring(to_bpmn(definition))
    process = root.find("bpmn:process", NAMESPACES)
    assert process is not None
    ids = {element.get("id") for element in process}
    assert ids >= {
        code for code, node in definition.nodes.items() if node.kind not in ("supplement", "special")
    }
    drawn = {shape.get("bpmnElement") for shape in root.iter(f"{{{NAMESPACES['bpmndi']}}}BPMNShape")}
    assert drawn <= ids
    assert drawn >= {"ACCEPT", "GRANTED", "DONE"}
    assert process.findall(".//minfang:step", NAMESPACES)


def test_names_and_conditions_with_marks_survive_the_export() -> None:
    nodes = [
        other("S", "start"),
        other("X", "exclusive"),
        task("A", name="审查 <\"甲\" & '乙'>"),
        other("E", "end"),
    ]
    edges = [edge("S", "X"), edge("X", "A", when="area < 5 and area > 1"), edge("X", "E"), edge("A", "E")]
    text = to_bpmn(build(graph(nodes, edges, facts={"area": "number"})))
    root = ElementTree.fromstring(text)
    found = root.find(".//bpmn:userTask[@id='A']", NAMESPACES)
    assert found is not None
    assert found.get("name") == "审查 <\"甲\" & '乙'>"
    assert "area < 5 and area > 1" in [e.text for e in root.iter() if e.tag.endswith("conditionExpression")]

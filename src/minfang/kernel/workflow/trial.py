"""Walking through a definition with invented facts (试走): nothing is kept.

A walk is the list of what was done so far; it is repeated from the start each time, so going back is
leaving out the last step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import verbs
from minfang.kernel.workflow.graph import Graph
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.state import Item, State
from minfang.kernel.workflow.wording import named, role

LONGEST_WALK = 200
WALKER = 1


@dataclass
class Walk:
    """Where a walk stands: the trail in words, what is open now, and how it ended."""

    trail: list[dict[str, Any]] = field(default_factory=list)
    open: list[dict[str, Any]] = field(default_factory=list)
    finished: bool = False
    end: str = ""
    problem: str = ""


def walk(
    graph: Graph, facts: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], roles: Mapping[str, str]
) -> Walk:
    """Carry out the steps one after the other; stops at the first that cannot be done, and says why."""
    found = Walk()
    try:
        state = verbs.begin(graph, facts, None).state
        for step in steps[:LONGEST_WALK]:
            state = _do(graph, state, facts, step, found)
    except Refusal as refusal:
        found.problem = refusal.message
        return found
    found.open = [_option(graph, item, roles) for item in state.open_items()]
    found.finished, found.end = not found.open and bool(state.end), named(graph, state.end)
    return found


def _do(graph: Graph, state: State, facts: Mapping[str, Any], step: Mapping[str, Any], found: Walk) -> State:
    item = next((one for one in state.open_items() if one.number == step.get("number")), None)
    if item is None:
        raise Refusal("TRIAL_STEP", "这一步已不在待办中，请从上一步重新选择。")
    motion, said = _act(graph, state, item, facts, step)
    found.trail.append(
        {"node": item.node, "name": named(graph, item.node), "said": said, "number": item.number}
    )
    return motion.state


def _act(
    graph: Graph, state: State, item: Item, facts: Mapping[str, Any], step: Mapping[str, Any]
) -> tuple[Motion, str]:
    if target := step.get("return_to"):
        policy = verbs.return_policies(graph, item, target)[0]
        motion = verbs.send_back(graph, state, item, target, policy=policy, by=WALKER)
        return motion, f"退回到“{named(graph, target)}”"
    node = graph.node(item.node)
    outcome = str(step.get("outcome", ""))
    if node.outcomes and node.outcome(outcome) is None:
        raise Refusal("TRIAL_STEP", f"“{named(graph, item.node)}”没有办理结果 {outcome}。")
    chosen = node.outcome(outcome)
    motion = verbs.complete(graph, state, item, outcome, facts=facts, by=WALKER)
    return motion, (chosen and (chosen.label or chosen.code)) or "完成"


def _option(graph: Graph, item: Item, roles: Mapping[str, str]) -> dict[str, Any]:
    node = graph.node(item.node)
    outcomes = [{"code": one.code, "label": one.label or one.code} for one in node.outcomes]
    return {
        "number": item.number,
        "node": item.node,
        "name": named(graph, item.node),
        "role": "系统" if node.kind == "system" else role(node.role, roles),
        "seat": item.actor,
        "held": bool(getattr(item, "held", False)),
        "outcomes": outcomes or [{"code": "", "label": "完成"}],
        "returns": [{"code": code, "label": named(graph, code)} for code in node.return_to],
    }

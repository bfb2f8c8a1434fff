"""Ending a case before its time, after its time, and opening it again. Pure, like ``verbs``.

撤销 and 作废 have an approval of their own: the levels the definition names, asked in the order written,
while the case stands still. Refused, the case goes on (or stays closed) as if nothing had been asked.
"""

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow.graph import Graph, Node
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.state import (
    ASIDE,
    CANCELLED,
    CANCELLING,
    CLOSED,
    DONE,
    RUNNING,
    SUSPENDED,
    VOIDED,
    VOIDING,
    Item,
    State,
)

AGREE = "AGREE"
PHASE = {"cancel": CANCELLING, "void": VOIDING}
VERDICT = {CANCELLING: CANCELLED, VOIDING: VOIDED}


def may_request(graph: Graph, state: State, kind: str) -> bool:
    """Whether 撤销 (a case not yet closed) or 作废 (a case closed) may be asked for now."""
    if not graph.of_kind(kind):
        return False
    if kind == "cancel":
        return state.phase in (RUNNING, SUSPENDED) and not _only_product_steps(graph, state)
    return state.phase == CLOSED or (state.phase == RUNNING and _only_product_steps(graph, state))


def _only_product_steps(graph: Graph, state: State) -> bool:
    """The office has done its part; only a step of the product itself, such as delivery, is open."""
    waiting = state.open_items()
    return bool(waiting) and all(graph.node(item.node).kind == "system" for item in waiting)


def request(graph: Graph, state: State, kind: str) -> Motion:
    """Ask for 撤销 or 作废: the case stands still, the first level of approval opens."""
    if not may_request(graph, state, kind):
        only = "撤销只针对尚未办结的件" if kind == "cancel" else "作废只针对已办结的件"
        message = f"该件现在不能{NAMES[kind]}：{only}。"
        raise Refusal("FLOW_STATE", message, "请刷新后查看最新状态。", status=409)
    motion = Motion(graph, state)
    motion.state.resumes, motion.state.phase = state.phase, PHASE[kind]
    _ask_level(motion, graph.of_kind(kind)[0])
    return motion


def decide(graph: Graph, state: State, item: Item, outcome: str, by: int) -> Motion:
    """One level of the approval says yes or no."""
    motion = Motion(graph, state)
    motion.close(item, DONE, by=by, outcome=outcome)
    levels = graph.of_kind(graph.node(item.node).kind)
    place = [node.code for node in levels].index(item.node)
    if outcome != AGREE:
        motion.state.phase, motion.state.resumes = state.resumes, ""
    elif place + 1 < len(levels):
        _ask_level(motion, levels[place + 1])
    else:
        _end(motion, VERDICT[state.phase], by)
    return motion


def _ask_level(motion: Motion, node: Node) -> None:
    earlier = motion.rounds(node.code, "")
    for item in earlier:
        motion.void_passage(item)
    motion.add(Item(0, node.code, "", len(earlier) + 1))


def _end(motion: Motion, phase: str, by: int | None) -> None:
    for item in motion.state.open_items():
        motion.close(item, CANCELLED, by=by)
    motion.state.phase, motion.state.arrivals, motion.state.resumes = phase, {}, ""


def cancel(graph: Graph, state: State, by: int | None) -> Motion:
    """End the instance before its time; every open item is closed with it."""
    motion = Motion(graph, state)
    _end(motion, CANCELLED, by)
    return motion


def reopen_targets(graph: Graph, state: State) -> list[Node]:
    """The steps at which a closed case may be opened again: named by the end it came to, and done."""
    if state.phase != CLOSED:
        return []
    motion = Motion(graph, state)
    return [
        graph.node(code)
        for code in graph.node(state.end).return_to
        if motion.latest(code, graph.branch(code))
    ]


def reopen(graph: Graph, state: State, target: str, by: int) -> Motion:
    """Open a closed case again at an earlier step; what followed that step counts no longer but is kept."""
    if target not in [node.code for node in reopen_targets(graph, state)]:
        raise Refusal("FLOW_REOPEN", "该件不能在此环节重开。", "请从列出的环节中选择。", status=409)
    motion = Motion(graph, state)
    place = graph.branch(target)
    previous = motion.latest(target, place)
    assert previous is not None, "a target has been done"
    motion.supersede(previous.passage, place)
    motion.state.phase, motion.state.end = RUNNING, ""
    motion.rewind(place)
    motion.open(target, place)
    return motion


NAMES = {"cancel": "撤销", "void": "作废"}
assert set(VERDICT) == ASIDE

"""Others at one step: added before, after or beside an officer (加签、减签), or in their place (委派).

Pure, like ``verbs``. Who is added to an officer's item gives an opinion and no decision; in a countersigned
step somebody added beside the seats is a voice like them.
"""

from collections.abc import Mapping
from typing import Any

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import voices
from minfang.kernel.workflow.graph import Graph
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.state import (
    AFTER,
    BEFORE,
    DELEGATE,
    DONE,
    PARALLEL,
    REMOVED,
    Item,
    State,
)
from minfang.kernel.workflow.verbs import go_on

WHEN = (BEFORE, AFTER, PARALLEL)
HOLDING = (BEFORE, DELEGATE)


def actor_of(person: int) -> str:
    """The name under which an added person acts in a step."""
    return f"+{person}"


def add(graph: Graph, state: State, item: Item, person: int, when: str) -> Motion:
    """Add somebody to an open item. Before it and in its place, the item waits; after it, they wait."""
    motion = Motion(graph, state)
    if item.duty:
        raise Refusal("FLOW_SIGNERS", "加签人不能再加签或委派。", "请由经办人加签。", status=409)
    actor = actor_of(person)
    if any(other.is_open and other.actor == actor for other in motion.passage(item)):
        raise Refusal("FLOW_SIGNERS", "该人员已在本环节加签名单中。", "请选择其他人员。", status=409)
    voice = when == PARALLEL and graph.node(item.node).countersign is not None
    duty = {"duty": "", "added_to": 0} if voice else {"duty": when, "added_to": item.number}
    motion.add_beside(item, actor=actor, assignee=person, held=when == AFTER, **duty)
    if when in HOLDING:
        motion.change(item, held=True)
    return motion


def sign(
    graph: Graph, state: State, item: Item, outcome: str, *, facts: Mapping[str, Any], by: int
) -> Motion:
    """Somebody added gives their opinion; whoever waited for it goes on.

    An objection after the officer has decided asks the officer again.
    """
    motion = Motion(graph, state, facts)
    motion.close(item, DONE, by=by, outcome=outcome)
    voice = motion.state.items[item.added_to]
    if item.duty in HOLDING:
        _release(motion, voice)
    elif outcome == voices.OBJECT and voice.state == DONE:
        motion.again(voice, voice.closed_by)
    else:
        go_on(motion, voice, by)
    return motion


def remove(graph: Graph, state: State, item: Item, *, facts: Mapping[str, Any], by: int) -> Motion:
    """Take somebody who was added off the step again (减签), as long as they have not signed."""
    if not item.actor.startswith("+") or not item.is_open:
        raise Refusal("FLOW_SIGNERS", "只能减去尚未签署的加签人。", "请刷新后查看。", status=409)
    motion = Motion(graph, state, facts)
    motion.close(item, REMOVED, by=by)
    if item.duty in HOLDING:
        _release(motion, motion.state.items[item.added_to])
    else:
        go_on(motion, item, by)
    return motion


def _release(motion: Motion, voice: Item) -> None:
    """The officer may act once nobody is before them any more."""
    waiting = [i for i in motion.passage(voice) if i.is_open and i.added_to == voice.number]
    if voice.is_open and not any(i.duty in HOLDING for i in waiting):
        motion.change(voice, held=False)

"""The verbs, as pure functions from a state to a motion. Whether a person may is decided elsewhere."""

from collections.abc import Mapping
from typing import Any

from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import branches, voices
from minfang.kernel.workflow.graph import APPLICANT, Graph, Node
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.state import (
    ASKED,
    CANCELLED,
    DONE,
    REMOVED,
    RETURNED,
    RUNNING,
    SKIPPED,
    SUSPENDED,
    WITHDRAWN,
    Item,
    State,
)

ANSWER = "ANSWER"
REPLAY, JUMP_BACK = "replay", "jump_back"


def begin(graph: Graph, facts: Mapping[str, Any], starter: int | None) -> Motion:
    """Enter at the start node."""
    motion = Motion(graph, State(starter=starter), facts)
    start = graph.single("start")
    assert start is not None, "a published graph has a start"
    motion.arrive(graph.out(start.code)[0].target, "")
    return motion


def complete(
    graph: Graph, state: State, item: Item, outcome: str, *, facts: Mapping[str, Any], by: int | None
) -> Motion:
    """Finish a step and go on; straight back to who returned it, where that was agreed.

    A step done by several goes on once all it needs have spoken.
    """
    motion = Motion(graph, state, facts)
    motion.close(item, DONE, by=by, outcome=outcome)
    for added in motion.passage(item):
        if added.is_open and added.held and added.added_to == item.number:
            motion.change(added, held=False)
    go_on(motion, item, by)
    return motion


def go_on(motion: Motion, item: Item, by: int | None) -> None:
    """Leave the step of ``item`` if its passage has come to a result."""
    result = motion.settle(item, by)
    if result is None:
        return
    if item.jump_to and _same_as_before(motion, item, result):
        target = motion.graph.branch(item.jump_to)
        for fork, _ in branches.segments(item.branch)[len(branches.segments(target)) :]:
            motion.state.arrivals.pop(fork, None)
        motion.open(item.jump_to, target)
    else:
        motion.leave(item, result)


def _same_as_before(motion: Motion, item: Item, outcome: str) -> bool:
    """A changed decision has to be seen by everyone again, so it does not jump."""
    node = motion.graph.node(item.node)
    earlier = [i for i in motion.rounds(item.node, item.branch) if i.passage < item.passage]
    for passage in sorted({i.passage for i in earlier}, reverse=True):
        result = voices.verdict(node, [i for i in earlier if i.passage == passage])
        if result is not None:
            return result == outcome
    return True


def skip(graph: Graph, state: State, item: Item, code: str, *, facts: Mapping[str, Any], by: int) -> Motion:
    """Leave a step by a named shortcut (跳级): what lies between is not asked."""
    shortcut = graph.node(item.node).skip(code)
    motion = Motion(graph, state, facts)
    if shortcut is None or (shortcut.when and not motion.holds(shortcut.when)):
        raise Refusal("FLOW_SKIP", "本环节现在不能这样跳级。", "请刷新后从列出的操作中选择。", status=409)
    _must_be_alone(motion, item, "跳级")
    motion.close(item, DONE, by=by, outcome=shortcut.outcome or graph.node(item.node).outcomes[0].code)
    motion.arrive(shortcut.to, item.branch)
    return motion


def _must_be_alone(motion: Motion, item: Item, deed: str) -> None:
    if any(other.is_open and other.number != item.number for other in motion.passage(item)):
        raise Refusal("FLOW_SIGNERS", f"尚有加签人未签，不能{deed}。", "请等其签署，或先减签。", status=409)


def return_targets(graph: Graph, state: State, item: Item) -> list[Node]:
    """Where this item may be returned to now: listed by the definition and done on the path that counts."""
    motion = Motion(graph, state)
    return [
        graph.node(code)
        for code in graph.node(item.node).return_to
        if graph.node(code).role == APPLICANT or motion.latest(code, graph.branch(code))
    ]


def return_policies(graph: Graph, item: Item, target: str) -> list[str]:
    """How a return to ``target`` may go on afterwards; the first one is the usual one."""
    node = graph.node(item.node)
    place = graph.branch(target)
    jumpable = branches.within(place, item.branch) and (place == item.branch or node.return_scope == "branch")
    offered = [REPLAY, JUMP_BACK] if node.return_policy == "either" else [node.return_policy]
    return [policy for policy in offered if policy == REPLAY or jumpable] or [REPLAY]


def send_back(graph: Graph, state: State, item: Item, target: str, *, policy: str, by: int) -> Motion:
    """Return to an earlier step: what followed it is closed but kept, the step opens for another round."""
    if target not in [node.code for node in return_targets(graph, state, item)]:
        raise Refusal("FLOW_RETURN", "不能退回到该环节。", "请从列出的可退回环节中选择。")
    if policy not in return_policies(graph, item, target):
        raise Refusal("FLOW_RETURN_POLICY", "该环节不支持这种退回方式。", "请选择逐级重办。")
    motion = Motion(graph, state)
    place = graph.branch(target)
    previous = motion.latest(target, place)
    floor = previous.passage if previous else 0
    for other in motion.following(floor, place):
        if other.is_open:
            motion.close(other, RETURNED, by=by, outcome="RETURN" if other == item else "")
            motion.void_passage(other)
    if policy == REPLAY:
        motion.supersede(floor, place)
    elif previous:
        motion.void_passage(previous)
    motion.rewind(place)
    motion.open(target, place, jump_to=item.node if policy == JUMP_BACK else "")
    if graph.node(item.node).return_scope == "block":
        _ask_siblings_again(motion, item.branch, place)
    return motion


def _ask_siblings_again(motion: Motion, returner: str, place: str) -> None:
    """Restart the other branches of the finished blocks that a return goes into."""
    deeper = branches.segments(place)[len(branches.segments(returner)) :]
    for fork, index in deeper:
        motion.enter_block(fork, [n for n in range(len(motion.graph.out(fork))) if n != index])


def ask(graph: Graph, state: State, item: Item, by: int) -> Motion:
    """Ask the applicant for a supplement: the step waits, the applicant's item opens."""
    side = graph.single("supplement")
    if side is None or not graph.node(item.node).may_supplement:
        raise Refusal("FLOW_SUPPLEMENT", "本环节不能发起补正。", "可退回到允许补正的环节。")
    motion = Motion(graph, state)
    _must_be_alone(motion, item, "发起补正")
    motion.close(item, ASKED, by=by, outcome="SUPPLEMENT")
    motion.open(side.code, item.branch, jump_to=item.jump_to, asked_by=item.node)
    return motion


def answer(graph: Graph, state: State, item: Item, by: int) -> Motion:
    """The applicant has supplemented: the step that asked opens again for whoever asked."""
    motion = Motion(graph, state)
    asked = [i for i in motion.rounds(item.asked_by, item.branch) if i.state == ASKED]
    motion.close(item, DONE, by=by, outcome=ANSWER)
    motion.open(item.asked_by, item.branch, assignee=asked[-1].closed_by, jump_to=item.jump_to)
    return motion


def withdrawable(graph: Graph, state: State, item: Item) -> bool:
    """Whether nobody has yet opened or acted on what followed this finished item."""
    motion = Motion(graph, state)
    untouched = all(
        i.state in (WITHDRAWN, REMOVED) or (i.is_open and not i.touched) for i in _followers(motion, item)
    )
    mine = [i for i in motion.rounds(item.node, item.branch) if i.actor == item.actor]
    sent_back = any(i.state in (RETURNED, ASKED, CANCELLED) for i in motion.passage(item))
    stands = item.state == DONE and mine[-1] == item and not sent_back
    return state.phase == RUNNING and stands and untouched


def _followers(motion: Motion, item: Item) -> list[Item]:
    """What came about because this item was done: the next steps, and who signs after it."""
    node = motion.graph.node(item.node)
    return [
        other
        for other in motion.following(item.number + 1, item.branch)
        if other.passage != item.passage or voices.follows(node, item, other)
    ]


def take_back(graph: Graph, state: State, item: Item, revived: list[int], by: int) -> Motion:
    """Withdraw one's own step: what it opened is closed, the step opens again for the same person.

    ``revived`` are items that completing this step had made count no longer.
    """
    if not withdrawable(graph, state, item):
        raise Refusal(
            "FLOW_WITHDRAW", "下一环节已签收或已办理，不能撤回。", "可联系下一环节退回。", status=409
        )
    motion = Motion(graph, state)
    several = len(motion.passage(item)) > 1
    for other in _followers(motion, item):
        if other.is_open:
            motion.close(other, WITHDRAWN, by=by)
    for number in revived:
        motion.change(motion.state.items[number], current=True)
    motion.rewind(item.branch)
    if several:
        _ask_skipped_again(motion, item)
        motion.again(item, by)
    else:
        motion.change(motion.state.items[item.number], current=False)
        motion.open(item.node, item.branch, assignee=by, jump_to=item.jump_to, asked_by=item.asked_by)
    return motion


def _ask_skipped_again(motion: Motion, item: Item) -> None:
    """Voices that were no longer needed are needed again."""
    for voice in voices.voices(motion.passage(item)).values():
        if voice.state == SKIPPED:
            motion.again(voice, voice.assignee)


def pause(graph: Graph, state: State) -> Motion:
    """Begin a special procedure: nobody decides until it is over."""
    motion = Motion(graph, state)
    motion.state.phase = SUSPENDED
    return motion


def resume(graph: Graph, state: State) -> Motion:
    """End a special procedure."""
    motion = Motion(graph, state)
    motion.state.phase = RUNNING
    return motion


def alter(graph: Graph, state: State, item: Item, **values: Any) -> Motion:
    """Claim, transfer, hand over or open an item: change who has it, not where the case is."""
    motion = Motion(graph, state)
    motion.change(item, **values)
    return motion

"""What a person may do now with an item, or with a case as a whole: the buttons they see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.access import Access
from minfang.kernel.workflow import closing, rights, verbs
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.engine import item_of, state_from
from minfang.kernel.workflow.graph import APPROVALS, Graph, Node
from minfang.kernel.workflow.models import InstanceState, ItemState, ProcessInstance, WorkItem
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.state import ASIDE, State
from minfang.kernel.workflow.voices import AGREE, CO_SIGNING

KINDS = {"cancel": ("ask_cancel", "报批撤销"), "void": ("ask_void", "报批作废")}


@dataclass(frozen=True)
class Verb:
    """Something this person may do with an item: one button.

    ``policies`` says how a return may go on: ``replay``, ``jump_back``; the first one is the usual one.
    ``areas`` are the directions in which the case may be handed to another office.
    """

    verb: str
    label: str
    tone: str = "default"
    outcome: str = ""
    target: str = ""
    opinion_required: bool = False
    policies: list[str] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)


def state_of(instance: ProcessInstance, rows: Iterable[WorkItem] | None = None) -> State:
    """The state of an instance as its rows have it; a caller that has read all rows hands them over."""
    if rows is None:
        rows = instance.items.defer("opinion").order_by("number")
    return state_from({row.number: item_of(row) for row in rows}, instance)


def allowed_verbs(
    item: WorkItem,
    access: Access,
    facts: Mapping[str, Any] | None = None,
    rows: Iterable[WorkItem] | None = None,
) -> list[Verb]:
    """The buttons this person sees on this item; none when it is not theirs or no longer open.

    A shortcut with a condition is shown only where ``facts`` say that it holds. ``rows`` are all items of
    the instance, where the caller has read them.
    """
    if item.state != ItemState.OPEN or item.held or not rights.may_act(item, access):
        return []
    graph = graph_of(item.instance.definition_id)
    node, phase = graph.node(item.node), item.instance.state
    claim = [] if item.assignee_id else [Verb("claim", "签收")]
    if node.kind == "supplement":
        return [Verb("answer", "提交补正", "primary")]
    if node.kind in APPROVALS or phase in ASIDE:
        return [*_outcomes(node), *claim] if node.kind in APPROVALS else []
    mine = [] if item.duty or not node.may_transfer else [Verb("transfer", "转派", opinion_required=True)]
    if phase == InstanceState.SUSPENDED:
        ends = [Verb("resume", "结束特别程序", "primary")] if node.may_suspend else []
        return [*ends, *mine, *claim]
    if item.duty:
        return _signing()
    return [*_outcomes(node), *_sideways(graph, item, access, facts, rows), *mine, *claim]


def _outcomes(node: Node) -> list[Verb]:
    return [
        Verb("complete", o.label or o.code, o.tone, o.code, opinion_required=o.opinion_required)
        for o in node.outcomes
    ]


def _signing() -> list[Verb]:
    """What somebody who was added may say."""
    return [
        Verb("complete", label, "primary" if code == AGREE else "default", code, opinion_required=True)
        for code, label in CO_SIGNING.items()
    ]


def _sideways(
    graph: Graph,
    item: WorkItem,
    access: Access,
    facts: Mapping[str, Any] | None,
    rows: Iterable[WorkItem] | None,
) -> list[Verb]:
    """Back, aside or ahead: the verbs that do not finish the step as usual."""
    node, plain, state = graph.node(item.node), item_of(item), state_of(item.instance, rows)
    found = [
        Verb(
            "return",
            f"退回{target.name}",
            target=target.code,
            opinion_required=True,
            policies=verbs.return_policies(graph, plain, target.code),
        )
        for target in (verbs.return_targets(graph, state, plain) if node.return_to else [])
    ]
    found += _shortcuts(graph, node, item, access, Motion(graph, state, facts))
    offered = [
        (node.may_supplement, Verb("supplement", "退回补正", opinion_required=True)),
        (node.may_suspend, Verb("suspend", "启动特别程序", opinion_required=True)),
        (node.may_add_signer, Verb("add_signer", "加签")),
        (node.may_delegate, Verb("delegate", "委派", opinion_required=True)),
        (bool(node.transfer_areas), _hand_over(node)),
        (
            closing.may_request(graph, state, "cancel"),
            Verb("ask_cancel", "报批撤销", "danger", opinion_required=True),
        ),
    ]
    return [*found, *(verb for allowed, verb in offered if allowed)]


def _hand_over(node: Node) -> Verb:
    return Verb("hand_over", "转派其他单位", opinion_required=True, areas=list(node.transfer_areas))


def _shortcuts(graph: Graph, node: Node, item: WorkItem, access: Access, motion: Motion) -> list[Verb]:
    found = []
    for shortcut in node.skips:
        try:
            holds = not shortcut.when or motion.holds(shortcut.when)
        except Refusal:
            holds = False
        if holds and rights.may_skip(shortcut, item, access):
            label = shortcut.label or f"直送{graph.node(shortcut.to).name}"
            found.append(
                Verb("skip", label, target=shortcut.code, opinion_required=shortcut.opinion_required)
            )
    return found


def case_verbs(
    instance: ProcessInstance, access: Access, rows: Iterable[WorkItem] | None = None
) -> list[Verb]:
    """What this person may do with a case of which no item is theirs: void it, open it again."""
    if instance.state not in (InstanceState.RUNNING, InstanceState.CLOSED):
        return []
    graph = graph_of(instance.definition_id)
    if not graph.of_kind("void") and not (instance.end_node and graph.node(instance.end_node).return_to):
        return []
    if rows is None:
        rows = list(instance.items.defer("opinion").select_related("assignee").order_by("number"))
    state = state_of(instance, rows)
    found = []
    if rights.has_part(rows, access) and closing.may_request(graph, state, "void"):
        found.append(Verb("ask_void", "报批作废", "danger", opinion_required=True))
    if rights.may_reopen(graph, instance, access):
        found += [
            Verb("reopen", f"重开至{node.name}", "danger", target=node.code, opinion_required=True)
            for node in closing.reopen_targets(graph, state)
        ]
    return found

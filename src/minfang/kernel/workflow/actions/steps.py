"""The verbs of a process: one function for each thing a person or the product does to an instance.

Each is one transaction. The instance row is locked first; a repeated ``key`` returns what it did the
first time; an item that has changed since it was seen (``seen_version``) is refused with the name of
the colleague who was faster.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, stale
from minfang.kernel.iam.models import Organization, Person, RoleGrant
from minfang.kernel.workflow import engine, rights, verbs
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.engine import Flow, Transition, item_of
from minfang.kernel.workflow.graph import APPLICANT
from minfang.kernel.workflow.models import InstanceState, ItemState, WorkItem
from minfang.kernel.workflow.publishing import newest_published, publish
from minfang.kernel.workflow.queries import last_completion

__all__ = [
    "Transition",
    "answer_supplement",
    "cancel",
    "claim",
    "complete",
    "complete_system",
    "open_item",
    "publish",
    "release",
    "request_supplement",
    "resume",
    "return_to",
    "start",
    "suspend",
    "transfer",
    "withdraw",
]
LONGEST_OPINION = 2000


def start(
    code: str, *, subject: str, organization: Organization, facts: Mapping[str, Any], starter: Person | None
) -> Transition:
    """Start an instance of the newest published version for a business object at the deciding office."""
    definition = newest_published(code)
    motion = verbs.begin(graph_of(definition.pk), facts, starter.pk if starter else None)
    return engine.begin(definition.pk, motion, subject, organization, starter)


@transaction.atomic
def complete(
    item_id: int,
    *,
    person: Person,
    outcome: str,
    opinion: str = "",
    facts: Mapping[str, Any] | None = None,
    seen_version: int | None = None,
    key: str = "",
) -> Transition:
    """Finish a work item with one of its outcomes; the case goes on to the next step."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "complete", person):
        return repeated
    rights.must_act(flow.graph, row, person, seen_version)
    node = flow.graph.node(row.node)
    chosen = node.outcome(outcome)
    if node.kind != "task" or chosen is None:
        raise Refusal("FLOW_OUTCOME", f"环节“{node.name}”没有这种办理结果。", "请刷新后从列出的结果中选择。")
    _check_opinion(opinion, required=chosen.opinion_required)
    motion = verbs.complete(flow.graph, flow.state, item_of(row), outcome, facts=facts or {}, by=person.pk)
    return flow.commit("complete", motion, person=person, row=row, key=key, opinion=opinion)


@transaction.atomic
def complete_system(
    item_id: int, *, outcome: str = "", facts: Mapping[str, Any] | None = None, key: str = ""
) -> Transition:
    """Finish a step the product does itself."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "system", None):
        return repeated
    node = flow.graph.node(row.node)
    if row.state != ItemState.OPEN:
        raise stale(rights.closed_text(flow.graph, row))
    if node.kind != "system" or (node.outcomes and node.outcome(outcome) is None):
        raise Refusal("FLOW_OUTCOME", f"环节“{node.name}”不能由系统以此结果完成。", "请核对流程定义。")
    rights.must_run(row)
    motion = verbs.complete(flow.graph, flow.state, item_of(row), outcome, facts=facts or {}, by=None)
    return flow.commit("system", motion, person=None, row=row, key=key)


@transaction.atomic
def return_to(
    item_id: int,
    *,
    person: Person,
    target: str,
    opinion: str,
    seen_version: int | None = None,
    key: str = "",
    policy: str = "",
) -> Transition:
    """Return to an earlier step or to the applicant; every earlier result is kept in the history.

    ``policy`` is ``replay`` or ``jump_back``; left out, it is the one the definition names.
    """
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "return", person):
        return repeated
    rights.must_act(flow.graph, row, person, seen_version)
    _check_opinion(opinion, required=True)
    item = item_of(row)
    if target not in flow.graph.nodes:
        raise Refusal("FLOW_RETURN", "不能退回到该环节。", "请从列出的可退回环节中选择。")
    how = policy or verbs.return_policies(flow.graph, item, target)[0]
    motion = verbs.send_back(flow.graph, flow.state, item, target, policy=how, by=person.pk)
    note = {"target": target, "policy": how}
    return flow.commit("return", motion, person=person, row=row, key=key, opinion=opinion, note=note)


@transaction.atomic
def request_supplement(
    item_id: int, *, person: Person, opinion: str, seen_version: int | None = None, key: str = ""
) -> Transition:
    """Tell the applicant once what is missing (一次性告知): the clock stops until they answer."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "supplement", person):
        return repeated
    rights.must_act(flow.graph, row, person, seen_version)
    _check_opinion(opinion, required=True)
    motion = verbs.ask(flow.graph, flow.state, item_of(row), person.pk)
    return flow.commit("supplement", motion, person=person, row=row, key=key, opinion=opinion)


@transaction.atomic
def answer_supplement(
    item_id: int, *, person: Person, facts: Mapping[str, Any] | None = None, key: str = ""
) -> Transition:
    """The applicant hands in the supplement: the clock runs again, the step that asked opens again."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "answer", person):
        return repeated
    rights.must_act(flow.graph, row, person, while_suspended=True)
    if flow.graph.node(row.node).kind != "supplement":
        raise Refusal("FLOW_SUPPLEMENT", "该待办不是补正。", "请从我的办件进入。")
    motion = verbs.answer(flow.graph, flow.state, item_of(row), person.pk)
    note = {"facts": sorted(facts or {})}
    return flow.commit("answer", motion, person=person, row=row, key=key, note=note)


@transaction.atomic
def withdraw(instance_id: int, *, person: Person, key: str = "") -> Transition:
    """Take back one's own last step while nobody has opened or acted on what followed."""
    flow = Flow.lock(instance_id)
    if repeated := flow.repeated(key, "withdraw", person):
        return repeated
    event = last_completion(flow.instance, person)
    if event is None:
        raise forbidden("您没有可撤回的办理。")
    row = next(row for row in flow.rows.values() if row.pk == event.item_id)
    revived = [
        c["number"] for c in event.data["changed"] if c.get("current") is False and c["number"] != row.number
    ]
    motion = verbs.take_back(flow.graph, flow.state, item_of(row), revived, person.pk)
    return flow.commit("withdraw", motion, person=person, row=row, key=key)


@transaction.atomic
def transfer(item_id: int, *, person: Person, to: Person, reason: str, key: str = "") -> Transition:
    """Hand an item to a colleague of the same office who holds its role; the chain stays in the history."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "transfer", person):
        return repeated
    rights.must_act(flow.graph, row, person, while_suspended=True)
    _check_opinion(reason, required=True)
    if not flow.graph.node(row.node).may_transfer:
        raise Refusal("FLOW_TRANSFER", "本环节不能转派。", "可联系负责人处理。")
    able = RoleGrant.objects.filter(person=to, role__code=row.role, organization_id=row.organization_id)
    if to.pk == person.pk or not to.is_active or not able.exists():
        raise Refusal("FLOW_TRANSFER", f"{to.name}不能接办该件。", "请选择本单位同一岗位的其他人员。")
    motion = verbs.alter(flow.graph, flow.state, item_of(row), assignee=to.pk, touched=True)
    note = {"from": person.pk, "to": to.pk}
    return flow.commit("transfer", motion, person=person, row=row, key=key, opinion=reason, note=note)


@transaction.atomic
def claim(item_id: int, *, person: Person, key: str = "") -> Transition:
    """Take an item that is offered to the whole desk, so that colleagues see who has it."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "claim", person):
        return repeated
    rights.must_act(flow.graph, row, person, while_suspended=True)
    if row.assignee_id == person.pk and row.touched:
        return Transition(flow.instance, [], [], flow.instance.events.latest("sequence"), replayed=True)
    motion = verbs.alter(flow.graph, flow.state, item_of(row), assignee=person.pk, touched=True)
    return flow.commit("claim", motion, person=person, row=row, key=key)


@transaction.atomic
def release(item_id: int, *, person: Person | None, reason: str, key: str = "") -> Transition:
    """Offer an assigned item to the whole desk again, when its holder is away or has left the role.

    Who may is decided by the caller (the section's head, or the product when a grant is taken back).
    """
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "release", person):
        return repeated
    if row.state != ItemState.OPEN:
        raise stale(rights.closed_text(flow.graph, row))
    if row.role == APPLICANT or row.assignee_id is None:
        raise Refusal("FLOW_RELEASE", "该待办未指定办理人。", "本岗位人员可直接办理。", status=409)
    _check_opinion(reason, required=True)
    motion = verbs.alter(flow.graph, flow.state, item_of(row), assignee=None)
    note = {"from": row.assignee_id}
    return flow.commit("release", motion, person=person, row=row, key=key, opinion=reason, note=note)


def open_item(item_id: int, person: Person) -> WorkItem:
    """Note that somebody who may act on an item has opened it; from then on it cannot be withdrawn."""
    row = WorkItem.objects.select_related("assignee", "instance").filter(pk=item_id).first()
    if row and (
        row.opened_at or row.state != ItemState.OPEN or not rights.may_act(row, rights.Access(person))
    ):
        return row
    with transaction.atomic():
        flow, row = Flow.lock_item(item_id)
        if row.state == ItemState.OPEN and row.opened_at is None:
            motion = verbs.alter(flow.graph, flow.state, item_of(row), touched=True)
            flow.commit("open", motion, person=person, row=row)
    return row


@transaction.atomic
def cancel(instance_id: int, *, person: Person | None, reason: str, key: str = "") -> Transition:
    """End an instance before its time (撤销, 撤件, 补正不来); who may is decided by the caller."""
    flow = Flow.lock(instance_id)
    if repeated := flow.repeated(key, "cancel", person):
        return repeated
    _must_run(flow, InstanceState.RUNNING, InstanceState.SUSPENDED)
    _check_opinion(reason, required=True)
    motion = verbs.cancel(flow.graph, flow.state, person.pk if person else None)
    return flow.commit("cancel", motion, person=person, key=key, opinion=reason)


@transaction.atomic
def suspend(instance_id: int, *, person: Person, reason: str, key: str = "") -> Transition:
    """Begin a special procedure (听证、检测、专家评审): the clock stops and nobody decides meanwhile."""
    flow = Flow.lock(instance_id)
    if repeated := flow.repeated(key, "suspend", person):
        return repeated
    _must_run(flow, InstanceState.RUNNING)
    _must_be_at_hand(flow, person)
    _check_opinion(reason, required=True)
    motion = verbs.pause(flow.graph, flow.state)
    return flow.commit("suspend", motion, person=person, key=key, opinion=reason)


@transaction.atomic
def resume(instance_id: int, *, person: Person, reason: str = "", key: str = "") -> Transition:
    """End a special procedure: the clock runs again."""
    flow = Flow.lock(instance_id)
    if repeated := flow.repeated(key, "resume", person):
        return repeated
    _must_run(flow, InstanceState.SUSPENDED)
    _must_be_at_hand(flow, person)
    motion = verbs.resume(flow.graph, flow.state)
    return flow.commit("resume", motion, person=person, key=key, opinion=reason)


def _must_run(flow: Flow, *states: InstanceState) -> None:
    if flow.instance.state not in states:
        label = InstanceState(flow.instance.state).label
        raise Refusal("FLOW_STATE", f"该件{label}，不能进行此操作。", "请刷新后查看最新状态。", status=409)


def _must_be_at_hand(flow: Flow, person: Person) -> None:
    access = rights.Access(person)
    waiting = [row for row in flow.rows.values() if row.state == ItemState.OPEN]
    if not any(flow.graph.node(row.node).may_suspend for row in waiting):
        raise Refusal("FLOW_SUSPEND", "本环节不能启动特别程序。", "可在审查环节启动。", status=409)
    if not any(rights.may_act(row, access) for row in waiting):
        raise forbidden("只有当前环节的办理人可以进行此操作。")


def _check_opinion(text: str, *, required: bool) -> None:
    if required and not text.strip():
        raise invalid([FieldError("opinion", "意见", "请填写意见。")], "请填写意见。")
    if len(text) > LONGEST_OPINION:
        message = f"意见最多 {LONGEST_OPINION} 字，现有 {len(text)} 字。"
        raise invalid([FieldError("opinion", "意见", message)], message)

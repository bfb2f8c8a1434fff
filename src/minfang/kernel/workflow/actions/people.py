"""Who has an item: claiming, opening, handing it on, and asking others to sign with one."""

from collections.abc import Mapping
from typing import Any

from minfang.kernel.base.errors import Refusal, forbidden, stale
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.holders import held
from minfang.kernel.iam.models import Organization, Person, RoleGrant
from minfang.kernel.workflow import rights, signers, verbs
from minfang.kernel.workflow.actions.common import check_opinion
from minfang.kernel.workflow.areas import direction
from minfang.kernel.workflow.engine import Flow, Transition, item_of
from minfang.kernel.workflow.graph import APPLICANT
from minfang.kernel.workflow.models import ItemState, WorkItem
from minfang.kernel.workflow.motion import Motion


@one_transaction
def transfer(item_id: int, *, person: Person, to: Person, reason: str, key: str = "") -> Transition:
    """Hand an item to a colleague of the same office who holds its role; the chain stays in the history."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "transfer", person):
        return repeated
    rights.must_act(flow.graph, row, person, while_suspended=True)
    rights.must_decide(row)
    check_opinion(reason, required=True)
    if not flow.graph.node(row.node).may_transfer:
        raise Refusal("FLOW_TRANSFER", "本环节不能转派。", "可联系负责人处理。")
    able = RoleGrant.objects.filter(person=to, role__code=row.role, organization_id=row.organization_id)
    if to.pk == person.pk or not to.is_active or not held(able):
        raise Refusal("FLOW_TRANSFER", f"{to.name}不能接办该件。", "请选择本单位同一岗位的其他人员。")
    motion = verbs.alter(flow.graph, flow.state, item_of(row), assignee=to.pk, touched=True)
    note = {"from": person.pk, "to": to.pk}
    return flow.commit("transfer", motion, person=person, row=row, key=key, opinion=reason, note=note)


@one_transaction
def hand_over(
    item_id: int,
    *,
    person: Person,
    office: Organization,
    reason: str,
    to: Person | None = None,
    key: str = "",
) -> Transition:
    """Hand the whole case to another office (市区转派), in a direction the step allows.

    The step stays where it is and is offered to the same role there, or to ``to``; what was done, the
    limits and the version of the process stay. Refused while other branches of the case are open.
    """
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "hand_over", person):
        return repeated
    rights.must_act(flow.graph, row, person)
    rights.must_decide(row)
    check_opinion(reason, required=True)
    way = direction(flow.instance.organization, office)
    if way not in flow.graph.node(row.node).transfer_areas:
        raise Refusal("FLOW_AREA", f"本环节不能转派至{office.name}。", "请选择列出的单位。", status=409)
    if len(flow.state.open_items()) > 1:
        raise Refusal(
            "FLOW_AREA", "该件尚有其他待办未办结，不能转派其他单位。", "请先办结其他待办。", status=409
        )
    _must_hold(row.role, office, to)
    values = {"assignee": to.pk if to else None, "touched": False}
    motion = verbs.alter(flow.graph, flow.state, item_of(row), **values)
    note = {"office_from": flow.instance.organization_id, "office": office.pk}
    return flow.commit(
        "hand_over", motion, person=person, row=row, key=key, opinion=reason, note=note, office=office
    )


def _must_hold(role: str, office: Organization, to: Person | None) -> None:
    """Somebody there can do the step; the person named, if one is."""
    able = RoleGrant.objects.filter(role__code=role, organization=office, person__is_active=True)
    if not held(able.filter(person=to) if to else able):
        who = to.name if to else office.name
        raise Refusal("FLOW_TRANSFER", f"{who}没有办理该环节的岗位。", "请选择其他单位或人员。", status=409)


@one_transaction
def delegate(item_id: int, *, person: Person, to: Person, reason: str, key: str = "") -> Transition:
    """Ask a colleague of the office to judge in one's place (委派); with their opinion it comes back."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "delegate", person):
        return repeated
    rights.must_act(flow.graph, row, person)
    if not flow.graph.node(row.node).may_delegate:
        raise Refusal("FLOW_DELEGATE", "本环节不能委派。", "可转派或加签。")
    check_opinion(reason, required=True)
    motion = _with(flow, row, person, to, "delegate")
    return flow.commit(
        "delegate",
        motion,
        person=person,
        row=row,
        key=key,
        opinion=reason,
        note={"to": to.pk},
        role=_role_at(to, row),
    )


@one_transaction
def add_signer(
    item_id: int, *, person: Person, to: Person, when: str, reason: str = "", key: str = ""
) -> Transition:
    """Have a colleague of the office sign ``before``, ``after`` or in ``parallel`` to oneself (加签)."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "add_signer", person):
        return repeated
    rights.must_act(flow.graph, row, person)
    if not flow.graph.node(row.node).may_add_signer or when not in signers.WHEN:
        raise Refusal("FLOW_SIGNERS", "本环节不能加签。", "可在办理意见中写明。")
    check_opinion(reason, required=False)
    motion = _with(flow, row, person, to, when)
    note, role = {"to": to.pk, "when": when}, _role_at(to, row)
    return flow.commit(
        "add_signer", motion, person=person, row=row, key=key, opinion=reason, note=note, role=role
    )


def _with(flow: Flow, row: WorkItem, person: Person, to: Person, when: str) -> Motion:
    if to.pk == person.pk or not to.is_active or not _role_at(to, row):
        raise Refusal("FLOW_SIGNERS", f"{to.name}不能参与办理该件。", "请选择本单位其他在岗人员。")
    return signers.add(flow.graph, flow.state, item_of(row), to.pk, when)


def _role_at(to: Person, row: WorkItem) -> str:
    """The role in which somebody takes part: the item's own, if they hold it at the office, or another."""
    grants = RoleGrant.objects.filter(person=to, organization_id=row.organization_id)
    codes = sorted(grant.role.code for grant in held(grants))
    return row.role if row.role in codes else next(iter(codes), "")


@one_transaction
def remove_signer(
    item_id: int, *, person: Person, facts: Mapping[str, Any] | None = None, reason: str = "", key: str = ""
) -> Transition:
    """Take off somebody one had added and who has not signed yet (减签)."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "remove_signer", person):
        return repeated
    if not rights.concerned(row, rights.Access(person)) and not rights.added(flow.instance, row, person):
        raise rights.unknown()
    if row.state != ItemState.OPEN:
        raise stale(rights.closed_text(flow.graph, row))
    if not rights.added(flow.instance, row, person):
        raise forbidden("只有加签人本人可以减签。")
    rights.must_run(row)
    motion = signers.remove(flow.graph, flow.state, item_of(row), facts=facts or {}, by=person.pk)
    return flow.commit("remove_signer", motion, person=person, row=row, key=key, opinion=reason)


@one_transaction
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


@one_transaction
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
    check_opinion(reason, required=True)
    motion = verbs.alter(flow.graph, flow.state, item_of(row), assignee=None)
    note = {"from": row.assignee_id}
    return flow.commit("release", motion, person=person, row=row, key=key, opinion=reason, note=note)


def open_item(item_id: int, person: Person) -> WorkItem:
    """Note that somebody who may act on an item has opened it; from then on it cannot be withdrawn."""
    row = WorkItem.objects.select_related("assignee", "instance").filter(pk=item_id).first()
    if row and (row.touched or row.state != ItemState.OPEN or not rights.may_act(row, rights.Access(person))):
        return row
    return _mark_opened(item_id, person)


@one_transaction
def _mark_opened(item_id: int, person: Person) -> WorkItem:
    flow, row = Flow.lock_item(item_id)
    if row.state == ItemState.OPEN and not row.touched:
        motion = verbs.alter(flow.graph, flow.state, item_of(row), touched=True)
        flow.commit("open", motion, person=person, row=row)
    return row

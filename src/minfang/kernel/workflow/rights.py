"""Who may act on a work item, and what the one who comes second is told."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from minfang.kernel.base.clock import SHANGHAI, now
from minfang.kernel.base.errors import Refusal, forbidden, not_found, stale
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.kernel.workflow.graph import APPLICANT, Graph, Skip
from minfang.kernel.workflow.models import InstanceState, ItemState, ProcessInstance, WorkItem
from minfang.kernel.workflow.voices import CO_SIGNING

JUST_NOW = timedelta(minutes=10)


def acts_for(person: Person, other: Person | None) -> bool:
    """The person, or somebody of the same party: colleagues may answer for each other."""
    if other is None:
        return False
    return person.pk == other.pk or (person.party_id is not None and person.party_id == other.party_id)


def concerned(row: WorkItem, access: Access) -> bool:
    """Whether this person may know of the item at all."""
    if row.role == APPLICANT:
        return acts_for(access.person, row.assignee)
    return row.assignee_id == access.person.pk or row.organization_id in access.offices_for_role(row.role)


def may_act(row: WorkItem, access: Access) -> bool:
    """The assignee, or anyone with the role at the office while nobody is assigned."""
    if row.role == APPLICANT:
        return acts_for(access.person, row.assignee)
    if row.assignee_id:
        return row.assignee_id == access.person.pk
    return row.organization_id in access.offices_for_role(row.role)


def must_act(
    graph: Graph,
    row: WorkItem,
    person: Person,
    seen_version: int | None = None,
    *,
    while_suspended: bool = False,
) -> None:
    """Refuse unless this person may act on this item as they saw it."""
    access = Access(person)
    if not concerned(row, access):
        raise unknown()
    if row.state != ItemState.OPEN:
        raise stale(closed_text(graph, row))
    if seen_version is not None and seen_version != row.version:
        raise stale(_changed_text(row))
    if not may_act(row, access):
        holder = row.assignee.name if row.assignee else "他人"
        raise forbidden(f"该件由{holder}办理。")
    if row.held:
        message = "该件已请他人先行签署，请等其签署后再办。"
        raise Refusal("FLOW_HELD", message, "如不再需要，可减签。", status=409)
    if not while_suspended:
        must_run(row)


STANDSTILL = {
    InstanceState.SUSPENDED: ("该件正在特别程序中，计时已暂停。", "特别程序结束后再办理。"),
    InstanceState.CANCELLING: ("该件正在报批撤销，暂停办理。", "撤销未获批准的，可继续办理。"),
    InstanceState.VOIDING: ("该件正在报批作废，暂停办理。", "作废未获批准的，可继续办理。"),
}


def must_run(row: WorkItem) -> None:
    """Refuse while a special procedure or an approval aside has stopped the case."""
    if still := STANDSTILL.get(InstanceState(row.instance.state)):
        raise Refusal("FLOW_SUSPENDED", *still, status=409)


def closed_text(graph: Graph, row: WorkItem) -> str:
    """Who closed the item, when and how: what a slower colleague reads."""
    who, when = row.closed_by.name if row.closed_by else "系统", moment(row.closed_at)
    name = graph.node(row.node).name
    if row.state == ItemState.DONE:
        label = outcome_label(graph, row)
        how = f"（{label}）" if label else ""
        return f"{who} {when}已办理“{name}”{how}。"
    words = CLOSED_WORDS.get(ItemState(row.state), "已撤销该件。")
    return f"{who} {when}{words.format(name=name)}"


CLOSED_WORDS = {
    ItemState.RETURNED: "已退回该件，“{name}”待办已关闭。",
    ItemState.ASKED: "已在“{name}”发起补正。",
    ItemState.WITHDRAWN: "已撤回上一环节，“{name}”待办已收回。",
    ItemState.SKIPPED: "办理后“{name}”已有结果，无须再签。",
    ItemState.REMOVED: "已减签，“{name}”待办已关闭。",
}


def outcome_label(graph: Graph, row: WorkItem) -> str:
    """The outcome of a finished item in words; one who was added gave an opinion, no decision."""
    if row.duty:
        return CO_SIGNING.get(row.outcome, "")
    outcome = graph.node(row.node).outcome(row.outcome)
    return (outcome.label or outcome.code) if outcome else ""


def _changed_text(row: WorkItem) -> str:
    handed = row.events.filter(verb__in=["transfer", "claim", "release", "hand_over"])
    event = handed.select_related("person").order_by("sequence").last()
    if event is None or event.person is None or event.verb == "release":
        return "该件的办理人刚刚已变更。"
    if event.verb == "claim":
        return f"{event.person.name} {moment(event.at)}已签收该件。"
    if event.verb == "hand_over":
        return f"{event.person.name} {moment(event.at)}已将该件转派至{row.organization.name}。"
    to = row.assignee.name if row.assignee else "他人"
    return f"{event.person.name} {moment(event.at)}已将该件转给{to}。"


def moment(at: datetime | None) -> str:
    """``刚刚`` within ten minutes, otherwise the time."""
    if at is None or now() - at < JUST_NOW:
        return "刚刚"
    return at.astimezone(SHANGHAI).strftime("于 %m月%d日 %H:%M ")


def must_decide(row: WorkItem) -> None:
    """Refuse what only the officer whose step it is may do, not somebody added to it."""
    if row.duty:
        raise Refusal("FLOW_SIGNERS", "加签人只签署意见。", "如需退回或转派，请联系经办人。", status=409)


def may_skip(shortcut: Skip, row: WorkItem, access: Access) -> bool:
    """Whether the shortcut is open to this person: it may ask for a role at the office."""
    return not shortcut.role or row.organization_id in access.offices_for_role(shortcut.role)


def added(instance: ProcessInstance, row: WorkItem, person: Person) -> bool:
    """Whether this person had the item of an added signer opened."""
    asked = instance.events.filter(verb__in=("add_signer", "delegate"), person=person)
    return any(
        item["number"] == row.number
        for data in asked.values_list("data", flat=True)
        for item in data["opened"]
    )


def has_part(rows: Iterable[WorkItem], access: Access) -> bool:
    """Whether this person has finished a step of the case, or it is their turn."""
    return any(
        row.closed_by_id == access.person.pk if row.closed_at else may_act(row, access)
        for row in rows
        if row.role != APPLICANT
    )


def may_reopen(graph: Graph, instance: ProcessInstance, access: Access) -> bool:
    """Whether this person holds the role that the end of a closed case names for opening it again."""
    role = graph.node(instance.end_node).role if instance.end_node else ""
    return bool(role) and instance.organization_id in access.offices_for_role(role)


def unknown() -> Refusal:
    """There is no such item as far as this person may know."""
    return not_found("该待办")

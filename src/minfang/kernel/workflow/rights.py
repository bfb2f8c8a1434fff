"""Who may act on a work item, and what the one who comes second is told."""

from datetime import datetime, timedelta

from minfang.kernel.base.clock import SHANGHAI, now
from minfang.kernel.base.errors import Refusal, forbidden, not_found, stale
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.kernel.workflow.graph import APPLICANT, Graph
from minfang.kernel.workflow.models import InstanceState, ItemState, WorkItem

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
        raise not_found("该待办")
    if row.state != ItemState.OPEN:
        raise stale(closed_text(graph, row))
    if seen_version is not None and seen_version != row.version:
        raise stale(_changed_text(row))
    if not may_act(row, access):
        holder = row.assignee.name if row.assignee else "他人"
        raise forbidden(f"该件由{holder}办理。")
    if not while_suspended:
        must_run(row)


def must_run(row: WorkItem) -> None:
    """Refuse while a special procedure has stopped the case."""
    if row.instance.state == InstanceState.SUSPENDED:
        message = "该件正在特别程序中，计时已暂停。"
        raise Refusal("FLOW_SUSPENDED", message, "特别程序结束后再办理。", status=409)


def closed_text(graph: Graph, row: WorkItem) -> str:
    """Who closed the item, when and how: what a slower colleague reads."""
    who, when = row.closed_by.name if row.closed_by else "系统", moment(row.closed_at)
    name = graph.node(row.node).name
    if row.state == ItemState.DONE:
        outcome = graph.node(row.node).outcome(row.outcome)
        how = f"（{outcome.label or outcome.code}）" if outcome else ""
        return f"{who} {when}已办理“{name}”{how}。"
    if row.state == ItemState.RETURNED:
        return f"{who} {when}已退回该件，“{name}”待办已关闭。"
    if row.state == ItemState.ASKED:
        return f"{who} {when}已在“{name}”发起补正。"
    if row.state == ItemState.WITHDRAWN:
        return f"{who} {when}已撤回上一环节，“{name}”待办已收回。"
    return f"{who} {when}已撤销该件。"


def _changed_text(row: WorkItem) -> str:
    handed = row.events.filter(verb__in=["transfer", "claim", "release"])
    event = handed.select_related("person").order_by("sequence").last()
    if event is None or event.person is None or event.verb == "release":
        return "该件的办理人刚刚已变更。"
    if event.verb == "claim":
        return f"{event.person.name} {moment(event.at)}已签收该件。"
    to = row.assignee.name if row.assignee else "他人"
    return f"{event.person.name} {moment(event.at)}已将该件转给{to}。"


def moment(at: datetime | None) -> str:
    """``刚刚`` within ten minutes, otherwise the time."""
    if at is None or now() - at < JUST_NOW:
        return "刚刚"
    return at.astimezone(SHANGHAI).strftime("于 %m月%d日 %H:%M ")

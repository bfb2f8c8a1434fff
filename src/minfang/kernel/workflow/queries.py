"""Reads: my to-do, what may be done with an item, the history of an instance."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person, Role
from minfang.kernel.workflow import rights, verbs
from minfang.kernel.workflow.buttons import Verb, allowed_verbs, case_verbs, state_of
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.drawing import drawing
from minfang.kernel.workflow.engine import SYSTEM, item_of, suspensions_of
from minfang.kernel.workflow.graph import Graph
from minfang.kernel.workflow.models import (
    FlowEvent,
    ItemState,
    ProcessDefinition,
    ProcessInstance,
    WorkItem,
)
from minfang.kernel.workflow.state import State
from minfang.kernel.workflow.state import replay as replay_events

__all__ = [
    "Verb",
    "allowed_verbs",
    "case_status",
    "case_verbs",
    "done_by",
    "drawing",
    "due_before",
    "graph_of",
    "history",
    "instance_of",
    "item_for",
    "items_for",
    "last_completion",
    "may_withdraw",
    "open_items",
    "replay",
    "role_people",
    "signers_of",
    "state_of",
    "suspensions_of",
    "system_items",
]
FEW = 3


@dataclass(frozen=True)
class Step:
    """One line of the history: a work item with what it was about and how it ended."""

    number: int
    node: str
    name: str
    round: int
    state: str
    outcome: str
    label: str
    opinion: str
    person: str
    person_id: int | None
    role: str
    arrived_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    node_type: int | None
    node_result: int | None
    current: bool
    meta: dict[str, Any]


def open_items(instance: ProcessInstance) -> QuerySet[WorkItem]:
    """What has to be done now in an instance."""
    return instance.items.filter(state=ItemState.OPEN).select_related("assignee").order_by("number")


def items_for(access: Access) -> QuerySet[WorkItem]:
    """The desk of a person: items assigned to them, and those offered to their roles at their offices.

    One query over indexed columns; soonest due first.
    """
    mine = Q(assignee=access.person)
    for role in sorted(access.role_codes):
        mine |= Q(assignee__isnull=True, role=role, organization_id__in=access.offices_for_role(role))
    found = WorkItem.objects.filter(mine, state=ItemState.OPEN, held=False).select_related("instance")
    return found.order_by(F("due_at").asc(nulls_last=True), "id")


def done_by(person: Person) -> QuerySet[WorkItem]:
    """What a person has finished, newest first."""
    return WorkItem.objects.filter(closed_by=person).select_related("instance").order_by("-closed_at")


def system_items() -> QuerySet[WorkItem]:
    """Steps that wait for the product itself, oldest first."""
    waiting = WorkItem.objects.filter(role=SYSTEM, state=ItemState.OPEN)
    return waiting.select_related("instance").order_by("id")


def due_before(instant: datetime) -> QuerySet[WorkItem]:
    """Open items due before ``instant``, soonest first: what warnings and overdue lists sweep by index."""
    waiting = WorkItem.objects.filter(state=ItemState.OPEN, due_at__lt=instant).defer("opinion")
    return waiting.select_related("instance", "assignee").order_by("due_at", "id")


def instance_of(subject: str, code: str = "") -> ProcessInstance | None:
    """The newest instance about a business object, of one process where ``code`` names it."""
    found = ProcessInstance.objects.filter(subject=subject)
    if code:
        found = found.filter(definition__code=code)
    return found.order_by("-id").first()


def signers_of(
    instance: ProcessInstance, person: Person, rows: Iterable[WorkItem] | None = None
) -> list[WorkItem]:
    """The people this person added to a step who have not signed yet: whom they may take off again."""
    if rows is None:
        rows = open_items(instance)
    waiting = [row for row in rows if row.state == ItemState.OPEN and row.actor.startswith("+")]
    return [row for row in waiting if rights.added(instance, row, person)]


def item_for(access: Access, instance: ProcessInstance) -> WorkItem | None:
    """The open item of an instance this person may act on now; their own before one offered to the desk."""
    waiting = [
        item
        for item in open_items(instance).select_related("instance")
        if not item.held and rights.may_act(item, access)
    ]
    waiting.sort(key=lambda item: (item.assignee_id is None, item.number))
    return next(iter(waiting), None)


def holders(item: WorkItem) -> QuerySet[Person]:
    """The people who hold the item's role at its office, by name."""
    found = Person.objects.filter(
        grants__role__code=item.role, grants__organization_id=item.organization_id, is_active=True
    )
    return found.distinct().order_by("name")


def role_people(item: WorkItem) -> str:
    """Who is expected to act: the assignee, the few who hold the role at the office, or the role's name."""
    if item.assignee:
        return item.assignee.name
    names = list(holders(item).values_list("name", flat=True)[: FEW + 1])
    if 0 < len(names) <= FEW:
        return "、".join(names)
    return Role.objects.filter(code=item.role).values_list("name", flat=True).first() or "系统"


def case_status(instance: ProcessInstance) -> str:
    """The status the present step gives the case (handbook §5.1)."""
    return instance.case_status


def replay(_definition: ProcessDefinition, events: Iterable[FlowEvent]) -> State:
    """The state as the history alone has it; always equal to ``state_of``."""
    return replay_events(events)


def last_completion(instance: ProcessInstance, person: Person) -> FlowEvent | None:
    """The last step this person finished in an instance: the only one they may withdraw."""
    return instance.events.filter(verb__in=("complete", "skip"), person=person).order_by("-sequence").first()


def may_withdraw(instance: ProcessInstance, access: Access) -> bool:
    """Whether this person may take back their last step now."""
    event = last_completion(instance, access.person)
    if event is None or event.item is None:
        return False
    if event.item.state != ItemState.DONE:
        return False
    return verbs.withdrawable(graph_of(instance.definition_id), state_of(instance), item_of(event.item))


def history(instance: ProcessInstance) -> list[Step]:
    """Every work item of an instance with who did what, in the order finished; open ones last."""
    graph = graph_of(instance.definition_id)
    rows = list(instance.items.select_related("closed_by", "assignee").order_by("number"))
    rows.sort(key=lambda row: (row.closed_at is None, row.closed_at or row.arrived_at, row.number))
    return [_step(graph, row) for row in rows]


def _step(graph: Graph, row: WorkItem) -> Step:
    node = graph.node(row.node)
    label, node_type, result = _ending(graph, row)
    person = row.closed_by or row.assignee
    return Step(
        number=row.number,
        node=row.node,
        name=node.name,
        round=row.round,
        state=row.state,
        outcome=row.outcome,
        label=label,
        opinion=row.opinion,
        person=person.name if person else "",
        person_id=person.pk if person else None,
        role=row.role,
        arrived_at=row.arrived_at,
        due_at=row.due_at,
        closed_at=row.closed_at,
        node_type=node_type,
        node_result=result,
        current=row.current,
        meta=dict(node.meta),
    )


def _ending(graph: Graph, row: WorkItem) -> tuple[str, int | None, int | None]:
    """How a step ended: in words, and as node type and result of the outside case registry (§5.3)."""
    node = graph.node(row.node)
    if row.duty:
        return rights.outcome_label(graph, row) or ItemState(row.state).label, None, None
    if outcome := node.outcome(row.outcome):
        return outcome.label or outcome.code, outcome.node_type or node.node_type, outcome.node_result
    if row.outcome == "RETURN":
        return "退回", node.node_type, node.return_result
    if row.outcome == "SUPPLEMENT":
        side = graph.single("supplement")
        return "补正告知", node.node_type, side.node_result if side else None
    if row.state == ItemState.DONE:
        return "提交补正" if node.kind == "supplement" else "", node.node_type, node.node_result
    return ItemState(row.state).label, node.node_type, None

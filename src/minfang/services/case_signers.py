"""Who takes part in a step besides its officer: seats of a countersign, people who were added."""

from minfang.kernel.iam.access import Access
from minfang.kernel.workflow import queries as flow
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.engine import VERBS
from minfang.kernel.workflow.graph import Node
from minfang.kernel.workflow.models import WorkItem
from minfang.kernel.workflow.state import ASIDE
from minfang.services.models import Case
from minfang.services.schemas import SignerOut

DUTIES = {"before": "前加签", "after": "后加签", "parallel": "并签", "delegate": "受委派"}


def seat_of(node: Node, row: WorkItem) -> str:
    """As what somebody takes part in a step; empty for the officer whose step it is."""
    if row.duty:
        return DUTIES[row.duty]
    if row.actor.startswith("+"):
        return "加签"
    seat = node.countersign.seat(row.actor) if node.countersign else None
    return (seat.name or seat.code) if seat else ""


def step_name(node: Node, row: WorkItem) -> str:
    """A step with the seat a person has in it."""
    seat = seat_of(node, row)
    return f"{node.name}（{seat}）" if seat else node.name


def asked_of(case: Case, item: WorkItem | None) -> str:
    """Who asked this person for their consent or opinion, and why; empty when it is a step as usual."""
    assert case.instance is not None
    if item is None:
        return ""
    aside = case.instance.state in ASIDE
    if not aside and not item.actor.startswith("+"):
        return ""
    verbs = ("ask_cancel", "ask_void") if aside else ("add_signer", "delegate")
    events = case.instance.events.filter(verb__in=verbs).select_related("person").order_by("-sequence")
    if not aside:
        events = events.filter(data__to=item.assignee_id)
    event = events.first()
    if event is None or event.person is None:
        return ""
    return f"{event.person.name}{VERBS[event.verb]}：{event.opinion or '（未写明理由）'}"


def signers_of(access: Access, case: Case, rows: list[WorkItem]) -> list[SignerOut]:
    """The people this officer added who have not signed yet."""
    assert case.instance is not None
    graph = graph_of(case.instance.definition_id)
    return [
        SignerOut(
            item_id=row.pk,
            name=row.assignee.name if row.assignee else "",
            seat=seat_of(graph.node(row.node), row),
            node_name=graph.node(row.node).name,
        )
        for row in flow.signers_of(case.instance, access.person, rows)
    ]

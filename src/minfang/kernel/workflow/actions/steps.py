"""What is done with a step: finish it, send the case back or aside, take one's own step back."""

from collections.abc import Mapping
from typing import Any

from minfang.kernel.base.errors import Refusal, forbidden, stale
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.models import Organization, Person
from minfang.kernel.workflow import closing, engine, rights, signers, verbs
from minfang.kernel.workflow.actions.common import check_opinion
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.engine import Flow, Transition, item_of
from minfang.kernel.workflow.graph import APPROVALS
from minfang.kernel.workflow.models import ItemState, WorkItem
from minfang.kernel.workflow.publishing import newest_published
from minfang.kernel.workflow.queries import last_completion
from minfang.kernel.workflow.voices import CO_SIGNING


def start(
    code: str, *, subject: str, organization: Organization, facts: Mapping[str, Any], starter: Person | None
) -> Transition:
    """Start an instance of the newest published version for a business object at the deciding office."""
    definition = newest_published(code)
    motion = verbs.begin(graph_of(definition.pk), facts, starter.pk if starter else None)
    return engine.begin(definition.pk, motion, subject, organization, starter)


@one_transaction
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
    """Finish a work item with one of its outcomes; the case goes on to the next step.

    Of a countersigned step it is one voice, of an added signer their opinion, of an approval aside
    (撤销, 作废) its yes or no.
    """
    flow, row = Flow.lock_item(item_id)
    node = flow.graph.node(row.node)
    verb = "approve" if node.kind in APPROVALS else "sign" if row.duty else "complete"
    if repeated := flow.repeated(key, verb, person):
        return repeated
    rights.must_act(flow.graph, row, person, seen_version, while_suspended=verb == "approve")
    _check_outcome(flow, row, outcome, opinion)
    plain, state = item_of(row), flow.state
    if verb == "approve":
        motion = closing.decide(flow.graph, state, plain, outcome, person.pk)
    elif verb == "sign":
        motion = signers.sign(flow.graph, state, plain, outcome, facts=facts or {}, by=person.pk)
    else:
        motion = verbs.complete(flow.graph, state, plain, outcome, facts=facts or {}, by=person.pk)
    return flow.commit(verb, motion, person=person, row=row, key=key, opinion=opinion)


def _check_outcome(flow: Flow, row: WorkItem, outcome: str, opinion: str) -> None:
    node = flow.graph.node(row.node)
    chosen = node.outcome(outcome)
    known = outcome in CO_SIGNING if row.duty else chosen is not None
    if node.kind not in APPROVALS | {"task"} or not known:
        raise Refusal("FLOW_OUTCOME", f"环节“{node.name}”没有这种办理结果。", "请刷新后从列出的结果中选择。")
    check_opinion(opinion, required=bool(row.duty) or (chosen is not None and chosen.opinion_required))


@one_transaction
def skip(
    item_id: int,
    *,
    person: Person,
    code: str,
    opinion: str = "",
    facts: Mapping[str, Any] | None = None,
    seen_version: int | None = None,
    key: str = "",
) -> Transition:
    """Leave a step by a shortcut the definition names (跳级), which may ask for a further role."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "skip", person):
        return repeated
    rights.must_act(flow.graph, row, person, seen_version)
    shortcut = flow.graph.node(row.node).skip(code)
    if shortcut is None or row.duty or not rights.may_skip(shortcut, row, rights.Access(person)):
        raise forbidden("您不能在本环节这样跳级。")
    check_opinion(opinion, required=shortcut.opinion_required)
    motion = verbs.skip(flow.graph, flow.state, item_of(row), code, facts=facts or {}, by=person.pk)
    note = {"skip": code, "to": shortcut.to}
    return flow.commit("skip", motion, person=person, row=row, key=key, opinion=opinion, note=note)


@one_transaction
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


@one_transaction
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
    rights.must_decide(row)
    check_opinion(opinion, required=True)
    item = item_of(row)
    if target not in flow.graph.nodes:
        raise Refusal("FLOW_RETURN", "不能退回到该环节。", "请从列出的可退回环节中选择。")
    how = policy or verbs.return_policies(flow.graph, item, target)[0]
    motion = verbs.send_back(flow.graph, flow.state, item, target, policy=how, by=person.pk)
    note = {"target": target, "policy": how}
    return flow.commit("return", motion, person=person, row=row, key=key, opinion=opinion, note=note)


@one_transaction
def request_supplement(
    item_id: int, *, person: Person, opinion: str, seen_version: int | None = None, key: str = ""
) -> Transition:
    """Tell the applicant once what is missing (一次性告知): the clock stops until they answer."""
    flow, row = Flow.lock_item(item_id)
    if repeated := flow.repeated(key, "supplement", person):
        return repeated
    rights.must_act(flow.graph, row, person, seen_version)
    rights.must_decide(row)
    check_opinion(opinion, required=True)
    motion = verbs.ask(flow.graph, flow.state, item_of(row), person.pk)
    return flow.commit("supplement", motion, person=person, row=row, key=key, opinion=opinion)


@one_transaction
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


@one_transaction
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

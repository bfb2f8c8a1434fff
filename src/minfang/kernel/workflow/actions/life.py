"""What happens to a case as a whole: it stands still, ends before its time, is voided, opened again."""

from minfang.kernel.base.errors import forbidden
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.models import Person
from minfang.kernel.workflow import closing, rights, verbs
from minfang.kernel.workflow.actions.common import check_opinion, must_be_at_hand, must_be_in
from minfang.kernel.workflow.engine import Flow, Transition
from minfang.kernel.workflow.models import InstanceState


@one_transaction
def cancel(instance_id: int, *, person: Person | None, reason: str, key: str = "") -> Transition:
    """End an instance before its time (撤件, 补正不来); who may is decided by the caller."""
    flow = Flow.lock(instance_id)
    if repeated := flow.repeated(key, "cancel", person):
        return repeated
    must_be_in(flow, InstanceState.RUNNING, InstanceState.SUSPENDED)
    check_opinion(reason, required=True)
    motion = closing.cancel(flow.graph, flow.state, person.pk if person else None)
    return flow.commit("cancel", motion, person=person, key=key, opinion=reason)


@one_transaction
def suspend(instance_id: int, *, person: Person, reason: str, key: str = "") -> Transition:
    """Begin a special procedure (听证、检测、专家评审): the clock stops and nobody decides meanwhile."""
    flow = Flow.lock(instance_id)
    if repeated := flow.repeated(key, "suspend", person):
        return repeated
    must_be_in(flow, InstanceState.RUNNING)
    must_be_at_hand(flow, person)
    check_opinion(reason, required=True)
    motion = verbs.pause(flow.graph, flow.state)
    return flow.commit("suspend", motion, person=person, key=key, opinion=reason)


@one_transaction
def resume(instance_id: int, *, person: Person, reason: str = "", key: str = "") -> Transition:
    """End a special procedure: the clock runs again."""
    flow = Flow.lock(instance_id)
    if repeated := flow.repeated(key, "resume", person):
        return repeated
    must_be_in(flow, InstanceState.SUSPENDED)
    must_be_at_hand(flow, person)
    motion = verbs.resume(flow.graph, flow.state)
    return flow.commit("resume", motion, person=person, key=key, opinion=reason)


@one_transaction
def request_cancel(instance_id: int, *, person: Person, reason: str, key: str = "") -> Transition:
    """Ask for a running case to be cancelled (报批撤销); it stands still until the levels have decided."""
    return _request(instance_id, "cancel", person, reason, key)


@one_transaction
def request_void(instance_id: int, *, person: Person, reason: str, key: str = "") -> Transition:
    """Ask for a closed case to be voided (报批作废); until the levels have decided it stays as it is."""
    return _request(instance_id, "void", person, reason, key)


def _request(instance_id: int, kind: str, person: Person, reason: str, key: str) -> Transition:
    flow, verb = Flow.lock(instance_id), f"ask_{kind}"
    if repeated := flow.repeated(key, verb, person):
        return repeated
    if not rights.has_part(flow.rows.values(), rights.Access(person)):
        raise forbidden(f"只有办理过该件的人员可以报批{closing.NAMES[kind]}。")
    check_opinion(reason, required=True)
    motion = closing.request(flow.graph, flow.state, kind)
    return flow.commit(verb, motion, person=person, key=key, opinion=reason)


@one_transaction
def reopen(instance_id: int, *, person: Person, target: str, reason: str, key: str = "") -> Transition:
    """Open a closed case again at a step its end names (重开); the end names the role that may."""
    flow = Flow.lock(instance_id)
    if repeated := flow.repeated(key, "reopen", person):
        return repeated
    must_be_in(flow, InstanceState.CLOSED)
    if not rights.may_reopen(flow.graph, flow.instance, rights.Access(person)):
        raise forbidden("您不能重开该件。")
    check_opinion(reason, required=True)
    motion = closing.reopen(flow.graph, flow.state, target, person.pk)
    return flow.commit("reopen", motion, person=person, key=key, opinion=reason, note={"target": target})

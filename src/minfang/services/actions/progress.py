"""Bring a case in line with what the process engine did: status, decision, documents, pushes, messages."""

from minfang.kernel.base import clock
from minfang.kernel.documents import actions as documents
from minfang.kernel.documents.models import Document, DocumentState
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging.actions import notify
from minfang.kernel.workflow import actions as workflow
from minfang.kernel.workflow import queries as flow
from minfang.kernel.workflow.actions import Transition
from minfang.kernel.workflow.graph import APPROVALS
from minfang.kernel.workflow.models import InstanceState, WorkItem
from minfang.services import deadlines, paperwork, pushing
from minfang.services.actions import ending
from minfang.services.models import Case, CaseStatus
from minfang.services.progress_facts import decision_document, facts

GRANT, DENY = "GRANT", "DENY"
DONE_GRANTED, DONE_DENIED = "0", "1"
"""办结结果 (handbook §5.4): 0 出证办结, 1 退回办结（不予许可）."""


def message_context(case: Case, **more: str) -> dict[str, str]:
    """What message wordings may use of a case."""
    return {
        "matter": case.matter.name,
        "applyNo": case.apply_no or case.internal_no or "",
        "project": case.project_name,
        "status": CaseStatus(case.status).label,
        "date": clock.today().isoformat(),
        "promiseDate": case.promise_due.isoformat() if case.promise_due else "",
        **more,
    }


def follow(case: Case, transition: Transition, *, person: Person | None) -> None:
    """Apply a transition to its case, and do at once what the product itself has to do next."""
    for item in transition.closed:
        _closed(case, item, person)
    _take_status(case, transition)
    for item in transition.opened:
        _opened(case, item)
    ending.follow(case, transition, person)
    case.save()


def _take_status(case: Case, transition: Transition) -> None:
    """The status is the one the present node names; an end node names the final one."""
    case.status = transition.instance.case_status or case.status
    if case.status in (CaseStatus.NOT_ACCEPTED, CaseStatus.DONE) and case.closed_at is None:
        case.closed_at = clock.now()


def _closed(case: Case, item: WorkItem, person: Person | None) -> None:
    """What the end of one step means for the case; co-signing and approvals aside are no steps of it."""
    if item.duty or flow.graph_of(item.instance.definition_id).node(item.node).kind in APPROVALS:
        return
    step = (item.node, item.outcome)
    if step == ("N15_PREREVIEW", "FAIL"):
        _prereview_failed(case, item)
    elif step == ("N20_ACCEPT", "ACCEPT"):
        _accepted(case)
    elif step == ("N20_ACCEPT", "NOT_ACCEPT"):
        _not_accepted(case, item)
    elif item.node == "N50_APPROVE" and item.outcome in ("APPROVE", "DENY"):
        case.decision = GRANT if item.outcome == "APPROVE" else DENY
        case.decision_reason = item.opinion
    elif item.node == "N60_FINISH" and item.outcome:
        _finished(case)
    if item.role != "applicant" and item.state in ("DONE", "RETURNED"):
        pushing.step(case, item)
    if step == ("N20_ACCEPT", "NOT_ACCEPT"):
        pushing.closed_without_acceptance(
            case, item.opinion, item.closed_by.name if item.closed_by else "系统"
        )


def _prereview_failed(case: Case, item: WorkItem) -> None:
    checked = case.materials.exclude(state="REPLACED").exclude(remark="")
    document = paperwork.draw_up(
        case,
        "PREREVIEW_NOTE",
        {
            "passed": False,
            "reviewer": item.closed_by.name if item.closed_by else "",
            "reviewed_at": clock.now().strftime("%Y-%m-%d %H:%M"),
            "reasons": [item.opinion],
            "checks": [
                {"code": m.code, "name": m.code, "result": m.get_state_display(), "opinion": m.remark}
                for m in checked
            ],
        },
    )
    documents.issue(document)
    case.due_on, case.clock_days = None, 0
    notify(
        "case.prereview_failed",
        subject=case.subject,
        person=case.applicant,
        context=message_context(case, summary=item.opinion[:60]),
    )


def _accepted(case: Case) -> None:
    case.accepted_at = clock.now()
    deadlines.start_promise_clock(case)
    paperwork.draw_up(case, "ACCEPT_NOTICE", paperwork.accept_context(case))
    notify(
        "case.accepted",
        subject=case.subject,
        person=case.applicant,
        context=message_context(case, result="受理"),
    )


def _not_accepted(case: Case, item: WorkItem) -> None:
    paperwork.draw_up(case, "REJECT_ACCEPT_NOTICE", {"reasons": [item.opinion]})
    case.due_on, case.clock_days, case.decision_reason = None, 0, item.opinion
    notify(
        "case.not_accepted",
        subject=case.subject,
        person=case.applicant,
        context=message_context(case, result="不予受理"),
    )


def _finished(case: Case) -> None:
    """The decision stands: number it, draw it up, send it to be sealed (decision record 0005)."""
    granted = case.decision == GRANT
    case.done_result = DONE_GRANTED if granted else DONE_DENIED
    if granted:
        paperwork.draw_up(case, "APPROVAL", paperwork.approval_context())
    else:
        reasons = [{"fact": case.decision_reason or "不符合法定条件、标准。", "basis": ""}]
        paperwork.draw_up(case, "DENIAL", {"reasons": reasons})


def _opened(case: Case, item: WorkItem) -> None:
    """Steps of the product itself are done at once where nothing has to be waited for."""
    if item.node == "N10_RECEIVE":
        follow(
            case, workflow.complete_system(item.pk, outcome="DONE", facts=facts(case), key=""), person=None
        )
    elif item.node == "N80_DELIVER" and decision_document(case, (DocumentState.ISSUED,)):
        ready_for_delivery(case)
    elif item.role not in ("applicant", "system"):
        tell_the_desk(case, item)


def tell_the_desk(case: Case, item: WorkItem) -> None:
    """Whoever may take the new step hears of it on their desk."""
    people = [item.assignee] if item.assignee else flow.holders(item)
    for colleague in people:
        notify(
            "case.todo",
            subject=case.subject,
            context=message_context(case),
            person=colleague,
            channels=("IN_APP",),
        )


def ready_for_delivery(case: Case) -> None:
    """Decision and document are out: the case is closed and waits to be fetched."""
    case.status = CaseStatus.DONE
    case.closed_at = case.closed_at or clock.now()
    case.due_on, case.is_paused = None, False
    document = decision_document(case, (DocumentState.ISSUED,))
    pushing.done(case, document, _finisher(case))
    if document and document.doc_type == "APPROVAL":
        pushing.certificate(case, document)
    notify("case.done", subject=case.subject, context=message_context(case), person=case.applicant)


def _finisher(case: Case) -> str:
    """Who closed the case."""
    item = WorkItem.objects.filter(instance_id=case.instance_id, node="N60_FINISH", state="DONE").last()
    return item.closed_by.name if item and item.closed_by else "系统"


def delivered(case: Case) -> None:
    """The applicant has fetched the document: the last step of the process is done (送达)."""
    if case.instance is None or case.instance.state != InstanceState.RUNNING:
        return
    item = next((i for i in flow.open_items(case.instance) if i.node == "N80_DELIVER"), None)
    if item is None:
        return
    transition = workflow.complete_system(item.pk, outcome="DONE", facts=facts(case), key="")
    case.status = CaseStatus.DELIVERED
    for closed in transition.closed:
        pushing.step(case, closed)
    case.save()


def sealed(document: Document, case: Case) -> None:
    """A seal came back: notices and denials go out at once, the certificate waits for its issuer."""
    if document.doc_type == "APPROVAL":
        return
    documents.issue(document)
    if document.doc_type == "DENIAL":
        ready_for_delivery(case)
        case.save()

"""A case that ends before its time, is voided or opened again: what follows for it and outside."""

from minfang.kernel.base import clock
from minfang.kernel.documents import actions as documents
from minfang.kernel.documents.models import Document, DocumentState
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging.actions import notify
from minfang.kernel.workflow import queries as flow
from minfang.kernel.workflow.actions import Transition
from minfang.kernel.workflow.models import InstanceState, SuspensionReason
from minfang.services import pushing
from minfang.services.models import Case, CaseStatus

FINISHED = (DocumentState.ISSUED,)
DONE_VOID = "2"
"""办结结果 (handbook §5.4) where the process names none: 2 作废办结."""


def follow(case: Case, transition: Transition, person: Person | None) -> None:
    """Apply to the case that its process was cancelled, voided or opened again."""
    verb, reason = transition.event.verb, transition.event.opinion
    if verb == "reopen":
        _reopened(case)
    elif verb == "approve" and case.status == CaseStatus.CANCELLED:
        cancelled(case, person, _asked_reason(case, "ask_cancel"), _result(case, "cancel"))
    elif verb == "approve" and transition.instance.state == InstanceState.VOIDED:
        _voided(case, person, _asked_reason(case, "ask_void") or reason)


def _asked_reason(case: Case, verb: str) -> str:
    """Why the cancellation or voiding that has now been approved was asked for."""
    assert case.instance is not None
    event = case.instance.events.filter(verb=verb).order_by("-sequence").first()
    return event.opinion if event else ""


def _result(case: Case, kind: str) -> str:
    assert case.instance is not None
    level = flow.graph_of(case.instance.definition_id).single(kind)
    return str(level.meta.get("done_result", DONE_VOID)) if level else DONE_VOID


def cancelled(case: Case, person: Person | None, reason: str, result: str) -> None:
    """The case ends without a decision; a special procedure that was running ends with it."""
    assert case.instance is not None
    case.instance.refresh_from_db()
    stopped = case.instance.suspensions.filter(
        reason=SuspensionReason.SPECIAL, ended_at=case.instance.closed_at
    )
    if stopped.exists():
        pushing.special(case, begins=False, person=person, opinion=reason, result="办件终止")
    case.status, case.done_result, case.decision_reason = CaseStatus.CANCELLED, result, reason
    case.closed_at, case.due_on, case.is_paused = clock.now(), None, False
    pushing.ended_early(case, reason=reason, person=person.name if person else "系统")
    _tell(case, "case.cancelled", reason)


def _voided(case: Case, person: Person | None, reason: str) -> None:
    """A decided case is void: its documents, its entry in both of the city's repositories."""
    case.status, case.done_result = CaseStatus.VOIDED, _result(case, "void")
    case.due_on, case.is_paused = None, False
    pushing.ended_early(case, reason=reason, person=person.name if person else "系统")
    for document in Document.objects.filter(subject=case.subject, doc_type__in=("APPROVAL", "DENIAL")):
        if document.state not in FINISHED:
            continue
        documents.void(document, reason=reason, person=person)
        if document.doc_type == "APPROVAL":
            pushing.certificate_void(case, document, reason)
    _tell(case, "case.voided", reason)


def _reopened(case: Case) -> None:
    """What said that the case was closed is taken back; the acceptance starts anew where it was refused."""
    case.closed_at, case.decision, case.decision_reason, case.done_result = None, "", "", ""


def _tell(case: Case, event: str, reason: str) -> None:
    context = {
        "matter": case.matter.name,
        "applyNo": case.apply_no or case.internal_no or "",
        "project": case.project_name,
        "status": CaseStatus(case.status).label,
        "date": clock.today().isoformat(),
        "promiseDate": case.promise_due.isoformat() if case.promise_due else "",
        "summary": reason[:60],
    }
    notify(event, subject=case.subject, person=case.applicant, context=context)

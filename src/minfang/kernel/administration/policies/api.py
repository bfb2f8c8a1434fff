"""The security policy in the browser: two security administrators for every change."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.administration.policies import queries
from minfang.kernel.administration.policies.schemas import (
    PolicyDecisionIn,
    PolicyLine,
    PolicyProposal,
    PolicyProposalIn,
    PolicyProposals,
    PolicyStep,
)
from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, require_fresh, requires
from minfang.kernel.iam.actions import policies

router = Router(tags=["安全策略"], auth=[requires("policy.manage")])
ONE = {200: PolicyProposal, **PROBLEMS}


@router.get("", response={200: list[PolicyLine], **PROBLEMS}, operation_id="list_policies")
def list_policies(request: HttpRequest) -> list[PolicyLine]:
    """All values with their bounds."""
    return queries.lines()


@router.get("/history", response={200: list[PolicyStep], **PROBLEMS}, operation_id="list_policy_history")
def list_policy_history(request: HttpRequest) -> list[PolicyStep]:
    """Who changed what, when and why."""
    return queries.history()


@router.get("/requests", response={200: PolicyProposals, **PROBLEMS}, operation_id="list_policy_requests")
def list_policy_requests(
    request: HttpRequest, state: str = "", page: int = 1, size: int = 20
) -> PolicyProposals:
    """Proposals, waiting or decided."""
    return queries.proposals(access_of(request).person, state=state, page=page, size=size)


@router.post("/requests", response=ONE, operation_id="propose_policy")
def propose_policy(request: HttpRequest, body: PolicyProposalIn) -> PolicyProposal:
    """Ask for a value; it waits for another security administrator."""
    queries.line(body.key)
    require_fresh(request)
    by = access_of(request).person
    row = policies.propose_policy(body.key, body.value, by=by, reason=body.reason)
    return queries.proposal(row.pk, by)


@router.post("/requests/{request_id}/approve", response=ONE, operation_id="approve_policy")
def approve_policy(request: HttpRequest, request_id: int, body: PolicyDecisionIn) -> PolicyProposal:
    """Put another's proposal in force."""
    require_fresh(request)
    by = access_of(request).person
    policies.approve_policy(request_id, by=by, note=body.note)
    return queries.proposal(request_id, by)


@router.post("/requests/{request_id}/refuse", response=ONE, operation_id="refuse_policy")
def refuse_policy(request: HttpRequest, request_id: int, body: PolicyDecisionIn) -> PolicyProposal:
    """Turn another's proposal down."""
    by = access_of(request).person
    policies.refuse_policy(request_id, by=by, note=body.note)
    return queries.proposal(request_id, by)


@router.post("/requests/{request_id}/withdraw", response=ONE, operation_id="withdraw_policy")
def withdraw_policy(request: HttpRequest, request_id: int) -> PolicyProposal:
    """Take one's own proposal back."""
    by = access_of(request).person
    policies.withdraw_policy(request_id, by=by)
    return queries.proposal(request_id, by)

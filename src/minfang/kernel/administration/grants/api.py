"""Grants in the browser: two security administrators for every change."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.administration.grants import queries
from minfang.kernel.administration.grants.schemas import (
    DecisionIn,
    HoldingPage,
    Proposal,
    ProposalIn,
    ProposalPage,
    RoleOut,
)
from minfang.kernel.administration.people.schemas import AccountReason
from minfang.kernel.base.errors import not_found
from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, require_fresh, requires
from minfang.kernel.iam.actions import accounts, grants
from minfang.kernel.iam.models import RoleGrant

router = Router(tags=["授权"], auth=[requires("grant.manage")])
ONE = {200: Proposal, **PROBLEMS}


@router.get("", response={200: HoldingPage, **PROBLEMS}, operation_id="list_grants")
def list_grants(
    request: HttpRequest, keyword: str = "", role: str = "", office: int = 0, page: int = 1, size: int = 20
) -> HoldingPage:
    """Who holds what."""
    return queries.holdings(keyword=keyword, role=role, office=office, page=page, size=size)


@router.get("/roles", response={200: list[RoleOut], **PROBLEMS}, operation_id="list_roles")
def list_roles(request: HttpRequest) -> list[RoleOut]:
    """What each role allows, and who holds it."""
    return queries.roles()


@router.get("/requests", response={200: ProposalPage, **PROBLEMS}, operation_id="list_grant_requests")
def list_grant_requests(request: HttpRequest, state: str = "", page: int = 1, size: int = 20) -> ProposalPage:
    """Proposals, waiting or decided."""
    return queries.proposals(access_of(request).person, state=state, page=page, size=size)


@router.post("/requests", response=ONE, operation_id="propose_grant")
def propose_grant(request: HttpRequest, body: ProposalIn) -> Proposal:
    """Ask for a change; it waits for another security administrator."""
    require_fresh(request)
    by = access_of(request).person
    person, role, office = queries.parts(body.person_id, body.role, body.organization_id)
    row = grants.propose_grant(person, role, office, body.change, by=by, reason=body.reason)
    return queries.proposal(row.pk, by)


@router.post("/requests/{request_id}/approve", response=ONE, operation_id="approve_grant")
def approve_grant(request: HttpRequest, request_id: int, body: DecisionIn) -> Proposal:
    """Put another's proposal into effect."""
    require_fresh(request)
    by = access_of(request).person
    grants.approve_grant(request_id, by=by, note=body.note)
    return queries.proposal(request_id, by)


@router.post("/requests/{request_id}/refuse", response=ONE, operation_id="refuse_grant")
def refuse_grant(request: HttpRequest, request_id: int, body: DecisionIn) -> Proposal:
    """Turn another's proposal down."""
    by = access_of(request).person
    grants.refuse_grant(request_id, by=by, note=body.note)
    return queries.proposal(request_id, by)


@router.post("/requests/{request_id}/withdraw", response=ONE, operation_id="withdraw_grant")
def withdraw_grant(request: HttpRequest, request_id: int) -> Proposal:
    """Take one's own proposal back."""
    by = access_of(request).person
    grants.withdraw_grant(request_id, by=by)
    return queries.proposal(request_id, by)


@router.post("/{grant_id}/drop", response={204: None, **PROBLEMS}, operation_id="drop_grant")
def drop_grant(request: HttpRequest, grant_id: int, body: AccountReason) -> tuple[int, None]:
    """Remove a grant the product did not write."""
    require_fresh(request)
    if not RoleGrant.objects.filter(pk=grant_id).exists():
        raise not_found("该授权")
    accounts.drop_tampered_grant(grant_id, by=access_of(request).person, reason=body.reason)
    return 204, None

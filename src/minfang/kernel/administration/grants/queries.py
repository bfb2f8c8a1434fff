"""Read grants: who holds what, what waits for a second person, and what a role allows."""

from typing import Any

from django.db.models import Q

from minfang.kernel.administration.grants.schemas import (
    Holding,
    HoldingPage,
    Permission,
    Proposal,
    ProposalPage,
    RoleOut,
)
from minfang.kernel.administration.people.schemas import GrantStep
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam import permissions
from minfang.kernel.iam.models import (
    Family,
    GrantChange,
    GrantRequest,
    Organization,
    Person,
    RequestState,
    Role,
    RoleGrant,
)

RELATED = ("person__organization__parent", "role", "organization", "proposed_by", "decided_by")
MOST = 100
FEW = 12


def steps_of(person: Person) -> list[GrantStep]:
    """Everything that was proposed about an account, the newest first."""
    rows = GrantRequest.objects.filter(person=person).select_related(*RELATED).order_by("-pk")
    return [GrantStep(**_step(row)) for row in rows[:MOST]]


def _step(row: GrantRequest) -> dict[str, Any]:
    return {
        "id": row.pk,
        "change": row.change,
        "change_label": GrantChange(row.change).label,
        "role": row.role.name,
        "office": row.organization.short_name,
        "state": row.state,
        "state_label": RequestState(row.state).label,
        "reason": row.reason,
        "proposed_by": row.proposed_by.name,
        "proposed_at": row.proposed_at,
        "decided_by": row.decided_by.name if row.decided_by else "",
        "decided_at": row.decided_at,
        "note": row.note,
    }


def _proposal(row: GrantRequest, reader: Person) -> Proposal:
    mine = reader.pk in (row.proposed_by_id, row.person_id)
    return Proposal.model_validate(
        {
            **_step(row),
            "person_id": row.person_id,
            "person": row.person.name,
            "username": row.person.username,
            "organization": row.person.organization.name if row.person.organization else "",
            "expires_at": row.expires_at,
            "mine": reader.pk == row.proposed_by_id,
            "may_decide": row.state == RequestState.WAITING and not mine,
            "sound": row.seal_holds(),
        }
    )


def proposals(reader: Person, *, state: str, page: int, size: int) -> ProposalPage:
    """Proposals in a state (all when empty), the newest first."""
    rows = GrantRequest.objects.all()
    waiting = rows.filter(state=RequestState.WAITING).count()
    if state:
        rows = rows.filter(state=state)
    size, page = max(1, min(size, MOST)), max(1, page)
    shown = rows.select_related(*RELATED).order_by("-pk")[(page - 1) * size : page * size]
    return ProposalPage(
        total=rows.count(),
        page=page,
        size=size,
        waiting=waiting,
        rows=[_proposal(row, reader) for row in shown],
    )


def proposal(request_id: int, reader: Person) -> Proposal:
    """One proposal."""
    row = GrantRequest.objects.select_related(*RELATED).filter(pk=request_id).first()
    if row is None:
        raise not_found("该授权申请")
    return _proposal(row, reader)


def holdings(*, keyword: str, role: str, office: int, page: int, size: int) -> HoldingPage:
    """Who holds what, by office, role and person."""
    rows = RoleGrant.objects.all()
    word = keyword.strip()
    if word:
        rows = rows.filter(Q(person__name__icontains=word) | Q(person__username__icontains=word))
    if role:
        rows = rows.filter(role__code=role)
    if office:
        rows = rows.filter(organization_id=office)
    size, page = max(1, min(size, MOST)), max(1, page)
    ordered = rows.select_related("person", "role", "organization").order_by(
        "organization__code", "role__pk", "person__name", "pk"
    )
    shown = [_holding(row) for row in ordered[(page - 1) * size : page * size]]
    return HoldingPage(total=rows.count(), page=page, size=size, rows=shown)


def _holding(row: RoleGrant) -> Holding:
    return Holding(
        grant_id=row.pk,
        person_id=row.person_id,
        person=row.person.name,
        username=row.person.username,
        active=row.person.is_active,
        role=row.role.name,
        role_code=row.role.code,
        family_label=Family(row.role.family).label,
        office=row.organization.short_name,
        organization_id=row.organization_id,
        granted_at=row.granted_at,
        sound=row.seal_holds(),
    )


def roles() -> list[RoleOut]:
    """Every role: what it allows in words, and who holds it."""
    holders: dict[int, list[str]] = {}
    grants = RoleGrant.objects.filter(person__is_active=True).select_related("person", "organization")
    for grant in grants.order_by("organization__code", "person__name"):
        holders.setdefault(grant.role_id, []).append(
            f"{grant.person.name}（{grant.organization.short_name}）"
        )
    return [_role(role, holders.get(role.pk, [])) for role in Role.objects.order_by("pk")]


def _role(role: Role, holders: list[str]) -> RoleOut:
    words = permissions.words()
    return RoleOut(
        code=role.code,
        name=role.name,
        family=role.family,
        family_label=Family(role.family).label,
        permissions=[
            Permission(code=code, name=words[code].name, meaning=words[code].meaning)
            if code in words
            else Permission(code=code, name=code, meaning="")
            for code in role.permissions
        ],
        holders=holders[:FEW],
        holder_count=len(holders),
        sound=role.seal_holds(),
    )


def parts(person_id: int, role: str, organization_id: int) -> tuple[Person, Role, Organization]:
    """The three a proposal joins, or a refusal naming what is missing."""
    person = Person.objects.filter(pk=person_id).first()
    found = Role.objects.filter(code=role).first()
    office = Organization.objects.filter(pk=organization_id).first()
    if person is None or found is None or office is None:
        raise not_found("该账号" if person is None else "该角色" if found is None else "该单位")
    return person, found, office

"""Change who holds which role: one security administrator proposes, another decides (handbook B.17)."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid
from minfang.kernel.iam.actions.sessions import end_sessions_of
from minfang.kernel.iam.actions.two_persons import RequestKind, reason_of
from minfang.kernel.iam.models import (
    Family,
    GrantChange,
    GrantRequest,
    Organization,
    OrganizationKind,
    Person,
    PersonKind,
    RequestState,
    Role,
    RoleGrant,
    SessionEnd,
)
from minfang.kernel.iam.seals import alarm, tampered

LEAST_SECURITY_ADMINISTRATORS = 2


@transaction.atomic
def propose_grant(
    person: Person, role: Role, office: Organization, change: str, *, by: Person, reason: str
) -> GrantRequest:
    """Ask for a role to be given to, or taken from, a person for an office; nothing changes yet."""
    reason = reason_of(reason, "请写明授权调整的理由。")
    if person.pk == by.pk:
        raise forbidden("不能为自己调整授权。")
    _lock_person(person)
    _check_possible(person, role, office, change)
    key = f"{person.pk}/{role.pk}/{office.pk}"
    GRANTS.refuse_if_open(key)
    row = GrantRequest(person=person, role=role, organization=office, change=change)
    return GRANTS.ask(row, key, by=by, reason=reason)


def _lock_person(person: Person) -> Person:
    """The account, locked so that changes to its roles come one after the other."""
    row = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if not row.seal_holds():
        alarm(row)
        raise tampered()
    return row


def _check_possible(person: Person, role: Role, office: Organization, change: str) -> None:
    """Refuse a change that could not take effect."""
    held = RoleGrant.objects.filter(person=person)
    this = held.filter(role=role, organization=office)
    if change == GrantChange.REMOVE:
        if not this.exists():
            raise invalid([FieldError("role", "角色", f"{person.name}没有这项授权。")])
        _keep_two_security_administrators(person, role)
        return
    if person.kind != PersonKind.STAFF or not person.is_active:
        raise invalid([FieldError("person", "人员", "只能授权给在用的工作人员账号。")])
    if office.kind == OrganizationKind.SECTION:
        raise invalid([FieldError("office", "单位", "请选择单位，科室随所属单位。")])
    if this.exists():
        raise invalid([FieldError("role", "角色", f"{person.name}已有这项授权。")])
    if held.exclude(family=role.family).exists():
        label = Family(person.family).label
        raise invalid(
            [FieldError("role", "角色", f"该账号属于“{label}”，系统、安全、审计管理与业务角色不能兼任。")]
        )


def _keep_two_security_administrators(person: Person, role: Role) -> None:
    """The last two who can grant stay, or nobody could ever be granted anything again."""
    if role.family != Family.SECURITY:
        return
    holders = RoleGrant.objects.filter(role=role, person__is_active=True).select_for_update(of=("self",))
    others = {grant.person_id for grant in holders} - {person.pk}
    if len(others) < LEAST_SECURITY_ADMINISTRATORS:
        raise Refusal(
            "TOO_FEW_ADMINISTRATORS",
            "安全管理员至少保留两名，否则无人能够复核授权。",
            "请先授权另一名安全管理员。",
            status=409,
        )


def approve_grant(request_id: int, *, by: Person, note: str = "") -> GrantRequest:
    """Put a proposal into effect at once; the person's sessions end, so nobody works on under old rights."""
    with transaction.atomic():
        row = GRANTS.waiting(request_id)
        if by.pk == row.proposed_by_id:
            raise forbidden("不能复核自己提出的授权申请。")
        if by.pk == row.person_id:
            raise forbidden("不能复核对自己的授权。")
        person = _lock_person(row.person)
        _check_possible(person, row.role, row.organization, row.change)
        before = roles_of(person)
        if row.change == GrantChange.ADD:
            RoleGrant.objects.create(person=person, role=row.role, organization=row.organization)
        else:
            RoleGrant.objects.get(person=person, role=row.role, organization=row.organization).delete()
        GRANTS.decide(row, RequestState.APPROVED, by, note)
        _note("approve", row, by, f"复核同意{_words(row)}", note, before, roles_of(person))
        end_sessions_of(person, SessionEnd.CHANGED, "您的角色已调整")
    return row


@transaction.atomic
def refuse_grant(request_id: int, *, by: Person, note: str) -> GrantRequest:
    """Turn a proposal down, with the reason."""
    return GRANTS.refuse(request_id, by=by, note=note)


@transaction.atomic
def withdraw_grant(request_id: int, *, by: Person) -> GrantRequest:
    """Whoever proposed takes the proposal back."""
    return GRANTS.withdraw(request_id, by=by)


@transaction.atomic
def expire_grant_requests() -> int:
    """Close proposals nobody decided in time; returns how many."""
    return GRANTS.expire()


def _concerned(row: GrantRequest) -> set[int]:
    return {row.proposed_by_id, row.person_id}


def _words(row: GrantRequest) -> str:
    where = row.organization.short_name
    return f"{row.get_change_display()} {row.person.name}（{row.person.username}）{where}“{row.role.name}”"


def roles_of(person: Person) -> dict[str, Any]:
    """The roles of a person as the audit trail keeps them."""
    held = RoleGrant.objects.filter(person=person).select_related("role", "organization")
    return {"roles": sorted(f"{grant.organization.code}:{grant.role.code}" for grant in held)}


def _note(
    what: str,
    row: GrantRequest,
    by: Person | None,
    summary: str,
    reason: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    change = {"request": row.pk, "role": row.role.code, "office": row.organization.code}
    record(
        f"grant.{what}",
        person=by,
        target=row.person,
        summary=summary,
        before={**change, **before} if before is not None else None,
        after={**change, **(after or {})},
        reason=reason,
    )


GRANTS = RequestKind(
    model=GrantRequest,
    name="授权申请",
    open_already="同一项授权调整已在等待复核。",
    not_yours="不能复核自己提出的或对自己的授权",
    related=("proposed_by", "person", "role", "organization"),
    concerned=_concerned,
    words=_words,
    note=_note,
)

"""Change who holds which role: one security administrator proposes, another decides (handbook B.17)."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, not_found, stale
from minfang.kernel.iam import policy
from minfang.kernel.iam.actions.sessions import end_sessions_of
from minfang.kernel.iam.models import (
    Family,
    GrantChange,
    GrantRequest,
    GrantRequestState,
    Organization,
    OrganizationKind,
    Person,
    PersonKind,
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
    reason = reason.strip()
    if not reason:
        raise invalid([FieldError("reason", "理由", "请写明授权调整的理由。")])
    if person.pk == by.pk:
        raise forbidden("不能为自己调整授权。")
    _lock_person(person)
    _check_possible(person, role, office, change)
    key = f"{person.pk}/{role.pk}/{office.pk}"
    if GrantRequest.objects.filter(open_key=key).exists():
        raise _waiting_already()
    now = clock.now()
    row = GrantRequest(
        person=person,
        role=role,
        organization=office,
        change=change,
        reason=reason[:500],
        proposed_by=by,
        proposed_at=now,
        expires_at=now + timedelta(days=policy.current().grant_request_days),
        open_key=key,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise _waiting_already() from None
    _note("grant.propose", row, by, f"提出{_words(row)}", reason)
    return row


def _waiting_already() -> Refusal:
    return stale("同一项授权调整已在等待复核。")


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
        row = _waiting(request_id)
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
        _decide(row, GrantRequestState.APPROVED, by, note)
        _note("grant.approve", row, by, f"复核同意{_words(row)}", note, before, roles_of(person))
        end_sessions_of(person, SessionEnd.CHANGED, "您的角色已调整")
    return row


@transaction.atomic
def refuse_grant(request_id: int, *, by: Person, note: str) -> GrantRequest:
    """Turn a proposal down, with the reason."""
    if not note.strip():
        raise invalid([FieldError("note", "理由", "请写明不同意的理由。")])
    row = _waiting(request_id)
    if by.pk in (row.proposed_by_id, row.person_id):
        raise forbidden("不能复核自己提出的或对自己的授权；如需收回申请请用“撤回”。")
    _decide(row, GrantRequestState.REFUSED, by, note)
    _note("grant.refuse", row, by, f"不同意{_words(row)}", note)
    return row


@transaction.atomic
def withdraw_grant(request_id: int, *, by: Person) -> GrantRequest:
    """Whoever proposed takes the proposal back."""
    row = _waiting(request_id)
    if by.pk != row.proposed_by_id:
        raise forbidden("只有提出人可以撤回。")
    _decide(row, GrantRequestState.WITHDRAWN, None, "")
    _note("grant.withdraw", row, by, f"撤回{_words(row)}", "")
    return row


@transaction.atomic
def expire_grant_requests() -> int:
    """Close proposals nobody decided in time; returns how many."""
    due = GrantRequest.objects.filter(state=GrantRequestState.WAITING, expires_at__lte=clock.now())
    rows = list(due.select_for_update(of=("self",)).select_related("person", "role", "organization"))
    for row in rows:
        if not row.seal_holds():
            alarm(row)
            continue
        _decide(row, GrantRequestState.EXPIRED, None, "")
        _note("grant.expire", row, None, f"逾期未复核：{_words(row)}", "")
    return len(rows)


def _waiting(request_id: int) -> GrantRequest:
    """The proposal, locked; of two who decide at once the second hears that it is decided."""
    rows = GrantRequest.objects.select_for_update(of=("self",))
    row = rows.select_related("person", "role", "organization").filter(pk=request_id).first()
    if row is None:
        raise not_found("该授权申请")
    if not row.seal_holds():
        alarm(row)
        raise tampered()
    if row.state != GrantRequestState.WAITING:
        raise stale("该授权申请已经处理。")
    if row.expires_at <= clock.now():
        raise stale("该授权申请已过期。")
    return row


def _decide(row: GrantRequest, state: GrantRequestState, by: Person | None, note: str) -> None:
    row.state, row.decided_by, row.decided_at = state, by, clock.now()
    row.note, row.open_key = note.strip()[:500], f"closed:{row.pk}"
    row.save()


def _words(row: GrantRequest) -> str:
    where = row.organization.short_name
    return f"{row.get_change_display()} {row.person.name}（{row.person.username}）{where}“{row.role.name}”"


def roles_of(person: Person) -> dict[str, Any]:
    """The roles of a person as the audit trail keeps them."""
    held = RoleGrant.objects.filter(person=person).select_related("role", "organization")
    return {"roles": sorted(f"{grant.organization.code}:{grant.role.code}" for grant in held)}


def _note(
    action: str,
    row: GrantRequest,
    by: Person | None,
    summary: str,
    reason: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    change = {"request": row.pk, "role": row.role.code, "office": row.organization.code}
    record(
        action,
        person=by,
        target=row.person,
        summary=summary,
        before={**change, **before} if before is not None else None,
        after={**change, **(after or {})},
        reason=reason,
    )

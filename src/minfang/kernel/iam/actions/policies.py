"""Change the security policy: one security administrator asks, another puts the value in force."""

from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, forbidden, invalid, not_found, stale
from minfang.kernel.iam import policy
from minfang.kernel.iam.models import Person, PolicyRequest, PolicyRequestState, SecurityPolicy
from minfang.kernel.iam.seals import alarm, tampered


@transaction.atomic
def propose_policy(key: str, value: Any, *, by: Person, reason: str) -> PolicyRequest:
    """Ask for a value of the policy; what is in force stays so until a second person agrees."""
    value = policy.checked(key, value)
    reason = reason.strip()
    if not reason:
        raise invalid([FieldError("reason", "理由", "请写明调整安全策略的理由。")])
    before = vars(policy.current())[key]
    if before == value:
        raise invalid([FieldError("value", policy.label_of(key), "与现行的值相同，无需调整。")])
    if PolicyRequest.objects.filter(open_key=key).exists():
        raise _waiting_already()
    now = clock.now()
    row = PolicyRequest(
        key=key,
        before=before,
        value=value,
        reason=reason[:200],
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
    _note("policy.propose", row, by, f"提出调整{_words(row)}", reason)
    return row


def _waiting_already() -> Refusal:
    return stale("同一项安全策略的调整已在等待复核。")


@transaction.atomic
def approve_policy(request_id: int, *, by: Person, note: str = "") -> PolicyRequest:
    """Put another's proposal in force; within seconds every process goes by the new value."""
    row = _waiting(request_id)
    if by.pk == row.proposed_by_id:
        raise forbidden("不能复核自己提出的安全策略调整。")
    value = policy.checked(row.key, row.value)
    before = vars(policy.current())[row.key]
    held = SecurityPolicy.objects.select_for_update().filter(key=row.key).first()
    held = held or SecurityPolicy(key=row.key)
    held.value, held.mac = value, policy.mac_of(row.key, value)
    held.set_at, held.set_by_id = clock.now(), by.pk
    held.save()
    _decide(row, PolicyRequestState.APPROVED, by, note)
    record(
        "policy.set",
        person=by,
        target=held,
        summary=f"复核同意调整{_words(row)}",
        before={row.key: before, "proposed_by": row.proposed_by.name},
        after={row.key: value},
        reason=row.reason,
    )
    policy.forget()
    transaction.on_commit(policy.forget)
    return row


@transaction.atomic
def refuse_policy(request_id: int, *, by: Person, note: str) -> PolicyRequest:
    """Turn another's proposal down, with the reason."""
    if not note.strip():
        raise invalid([FieldError("note", "理由", "请写明不同意的理由。")])
    row = _waiting(request_id)
    if by.pk == row.proposed_by_id:
        raise forbidden("不能复核自己提出的安全策略调整；如需收回申请请用“撤回”。")
    _decide(row, PolicyRequestState.REFUSED, by, note)
    _note("policy.refuse", row, by, f"不同意调整{_words(row)}", note)
    return row


@transaction.atomic
def withdraw_policy(request_id: int, *, by: Person) -> PolicyRequest:
    """Whoever asked takes the proposal back."""
    row = _waiting(request_id)
    if by.pk != row.proposed_by_id:
        raise forbidden("只有提出人可以撤回。")
    _decide(row, PolicyRequestState.WITHDRAWN, None, "")
    _note("policy.withdraw", row, by, f"撤回调整{_words(row)}", "")
    return row


@transaction.atomic
def expire_policy_requests() -> int:
    """Close proposals nobody decided in time; returns how many."""
    due = PolicyRequest.objects.filter(state=PolicyRequestState.WAITING, expires_at__lte=clock.now())
    rows = list(due.select_for_update(of=("self",)))
    for row in rows:
        if not row.seal_holds():
            alarm(row)
            continue
        _decide(row, PolicyRequestState.EXPIRED, None, "")
        _note("policy.expire", row, None, f"逾期未复核：调整{_words(row)}", "")
    return len(rows)


def _waiting(request_id: int) -> PolicyRequest:
    """The proposal, locked; of two who decide at once the second hears that it is decided."""
    rows = PolicyRequest.objects.select_for_update(of=("self",)).select_related("proposed_by")
    row = rows.filter(pk=request_id).first()
    if row is None:
        raise not_found("该安全策略调整申请")
    if not row.seal_holds():
        alarm(row)
        raise tampered()
    if row.state != PolicyRequestState.WAITING:
        raise stale("该安全策略调整申请已经处理。")
    if row.expires_at <= clock.now():
        raise stale("该安全策略调整申请已过期。")
    return row


def _decide(row: PolicyRequest, state: PolicyRequestState, by: Person | None, note: str) -> None:
    row.state, row.decided_by, row.decided_at = state, by, clock.now()
    row.note, row.open_key = note.strip()[:200], f"closed:{row.pk}"
    row.save()


def _words(row: PolicyRequest) -> str:
    return f"安全策略“{policy.label_of(row.key)}”：{row.before} → {row.value}"


def _note(action: str, row: PolicyRequest, by: Person | None, summary: str, reason: str) -> None:
    record(
        action,
        person=by,
        target=row,
        summary=summary,
        before={row.key: row.before},
        after={row.key: row.value},
        reason=reason,
    )

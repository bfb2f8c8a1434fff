"""Change the security policy: one security administrator asks, another puts the value in force."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, forbidden, invalid
from minfang.kernel.iam import policy
from minfang.kernel.iam.actions.two_persons import RequestKind, reason_of
from minfang.kernel.iam.models import Person, PolicyRequest, RequestState, SecurityPolicy


@transaction.atomic
def propose_policy(key: str, value: Any, *, by: Person, reason: str) -> PolicyRequest:
    """Ask for a value of the policy; what is in force stays so until a second person agrees."""
    value = policy.checked(key, value)
    reason = reason_of(reason, "请写明调整安全策略的理由。")
    before = vars(policy.current())[key]
    if before == value:
        raise invalid([FieldError("value", policy.label_of(key), "与现行的值相同，无需调整。")])
    POLICIES.refuse_if_open(key)
    return POLICIES.ask(PolicyRequest(key=key, before=before, value=value), key, by=by, reason=reason)


@transaction.atomic
def approve_policy(request_id: int, *, by: Person, note: str = "") -> PolicyRequest:
    """Put another's proposal in force; within seconds every process goes by the new value."""
    row = POLICIES.waiting(request_id)
    if by.pk in _concerned(row):
        raise forbidden("不能复核自己提出的安全策略调整。")
    value = policy.checked(row.key, row.value)
    before = vars(policy.current())[row.key]
    held = SecurityPolicy.objects.select_for_update().filter(key=row.key).first()
    held = held or SecurityPolicy(key=row.key)
    held.value, held.mac = value, policy.mac_of(row.key, value)
    held.set_at, held.set_by_id = clock.now(), by.pk
    held.save()
    POLICIES.decide(row, RequestState.APPROVED, by, note)
    record(
        "policy.set",
        person=by,
        target=held,
        summary=f"复核同意{_words(row)}",
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
    return POLICIES.refuse(request_id, by=by, note=note)


@transaction.atomic
def withdraw_policy(request_id: int, *, by: Person) -> PolicyRequest:
    """Whoever asked takes the proposal back."""
    return POLICIES.withdraw(request_id, by=by)


@transaction.atomic
def expire_policy_requests() -> int:
    """Close proposals nobody decided in time; returns how many."""
    return POLICIES.expire()


def _concerned(row: PolicyRequest) -> set[int]:
    return {row.proposed_by_id}


def _words(row: PolicyRequest) -> str:
    return f"调整安全策略“{policy.label_of(row.key)}”：{row.before} → {row.value}"


def _note(what: str, row: PolicyRequest, by: Person | None, summary: str, reason: str) -> None:
    record(
        f"policy.{what}",
        person=by,
        target=row,
        summary=summary,
        before={row.key: row.before},
        after={row.key: row.value},
        reason=reason,
    )


POLICIES = RequestKind(
    model=PolicyRequest,
    name="安全策略调整申请",
    open_already="同一项安全策略的调整已在等待复核。",
    not_yours="不能复核自己提出的安全策略调整",
    related=("proposed_by",),
    concerned=_concerned,
    words=_words,
    note=_note,
)

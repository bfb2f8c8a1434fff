"""Set the security policy."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, invalid
from minfang.kernel.iam import policy
from minfang.kernel.iam.models import Person, SecurityPolicy


@transaction.atomic
def set_policy(key: str, value: Any, *, person: Person, reason: str) -> SecurityPolicy:
    """Put a value of the policy in force; the reason is kept in the audit trail."""
    value = policy.checked(key, value)
    if not reason.strip():
        raise invalid([FieldError("reason", "理由", "请写明调整安全策略的理由。")])
    before = vars(policy.current())[key]
    row = SecurityPolicy.objects.select_for_update().filter(key=key).first() or SecurityPolicy(key=key)
    row.value, row.mac, row.set_at, row.set_by_id = value, policy.mac_of(key, value), clock.now(), person.pk
    row.save()
    record(
        "policy.set",
        person=person,
        target=row,
        summary=f"调整安全策略：{key}",
        before={key: before},
        after={key: value},
        reason=reason,
    )
    policy.forget()
    transaction.on_commit(policy.forget)
    return row

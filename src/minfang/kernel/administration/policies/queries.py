"""Read the security policy and how it came to be."""

from minfang.kernel.administration.policies.schemas import PolicyLine, PolicyStep
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam import policy

MOST = 100


def lines() -> list[PolicyLine]:
    """The whole policy as in force."""
    return [PolicyLine.model_validate(vars(entry)) for entry in policy.entries()]


def line(key: str) -> PolicyLine:
    """One value of it, or a refusal."""
    for entry in policy.entries():
        if entry.key == key:
            return PolicyLine.model_validate(vars(entry))
    raise not_found("该项安全策略")


def history() -> list[PolicyStep]:
    """The latest changes, from the audit trail."""
    labels = {entry.key: entry.label for entry in policy.entries()}
    events = AuditEvent.objects.filter(action="policy.set").order_by("-pk")[:MOST]
    steps = []
    for event in events:
        before, after = event.before or {}, event.after or {}
        for key, value in after.items():
            steps.append(
                PolicyStep(
                    at=event.at,
                    key=key,
                    label=labels.get(key, key),
                    before=before.get(key),
                    after=value,
                    person=event.actor_name,
                    reason=event.reason,
                )
            )
    return steps

"""Read the security policy and how it came to be."""

from minfang.kernel.administration.policies.schemas import (
    PolicyLine,
    PolicyProposal,
    PolicyProposals,
    PolicyStep,
)
from minfang.kernel.audit.models import AuditEvent
from minfang.kernel.base.errors import not_found
from minfang.kernel.iam import policy
from minfang.kernel.iam.models import Person, PolicyRequest, RequestState

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
                    proposed_by=before.get("proposed_by", ""),
                    person=event.actor_name,
                    reason=event.reason,
                )
            )
    return steps


def proposals(reader: Person, *, state: str, page: int, size: int) -> PolicyProposals:
    """Proposals in a state (all when empty), the newest first."""
    rows = PolicyRequest.objects.all()
    waiting = rows.filter(state=RequestState.WAITING).count()
    if state:
        rows = rows.filter(state=state)
    size, page = max(1, min(size, MOST)), max(1, page)
    shown = rows.select_related("proposed_by", "decided_by").order_by("-pk")[(page - 1) * size : page * size]
    return PolicyProposals(
        total=rows.count(),
        page=page,
        size=size,
        waiting=waiting,
        rows=[_proposal(row, reader) for row in shown],
    )


def proposal(request_id: int, reader: Person) -> PolicyProposal:
    """One proposal."""
    row = PolicyRequest.objects.select_related("proposed_by", "decided_by").filter(pk=request_id).first()
    if row is None:
        raise not_found("该安全策略调整申请")
    return _proposal(row, reader)


def _proposal(row: PolicyRequest, reader: Person) -> PolicyProposal:
    mine = reader.pk == row.proposed_by_id
    units = {entry.key: entry.unit for entry in policy.entries()}
    return PolicyProposal(
        id=row.pk,
        key=row.key,
        label=policy.label_of(row.key),
        unit=units.get(row.key, ""),
        before=row.before,
        value=row.value,
        reason=row.reason,
        state=row.state,
        state_label=RequestState(row.state).label,
        proposed_by=row.proposed_by.name,
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        decided_by=row.decided_by.name if row.decided_by else "",
        decided_at=row.decided_at,
        note=row.note,
        mine=mine,
        may_decide=row.state == RequestState.WAITING and not mine,
        sound=row.seal_holds(),
    )

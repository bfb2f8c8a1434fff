"""An applicant takes their application back before it is decided (撤回申请)."""

from minfang.kernel.audit.actions import record
from minfang.kernel.base import clock
from minfang.kernel.base.errors import FieldError, Refusal, invalid
from minfang.kernel.base.locks import one_transaction
from minfang.kernel.iam.access import Access
from minfang.kernel.workflow import actions as workflow
from minfang.kernel.workflow.models import InstanceState
from minfang.services.access import own_case
from minfang.services.actions import ending
from minfang.services.models import Case, CaseStatus

LONGEST_REASON = 200
GIVEN_UP = "5"
"""办结结果 (handbook §5.4): 5 the applicant has given up."""
STANDING = (InstanceState.RUNNING, InstanceState.SUSPENDED)


def may_withdraw(case: Case) -> bool:
    """Submitted, not decided, not closed, and nothing else about its end is under way."""
    if case.instance is None or case.instance.state not in STANDING:
        return False
    return not case.decision and case.closed_at is None and case.status != CaseStatus.DRAFT


@one_transaction
def withdraw(access: Access, case_id: int, reason: str, key: str) -> None:
    """End the case at the applicant's wish; what was handed in is kept, the number is not used again."""
    case = own_case(access, case_id, lock=True)
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise invalid([FieldError("reason", "撤回理由", f"请填写撤回理由，不超过 {LONGEST_REASON} 字。")])
    if not may_withdraw(case):
        raise Refusal(
            "NOT_WITHDRAWABLE", "该件已作出决定或已办结，不能撤回。", "如有疑问请联系受理窗口。", status=409
        )
    assert case.instance_id is not None
    workflow.cancel(case.instance_id, person=access.person, reason=reason, key=key)
    ending.cancelled(case, access.person, f"申请人撤回申请：{reason}", GIVEN_UP)
    case.version += 1
    case.updated_at = clock.now()
    case.save()
    record(
        "case.withdraw", person=access.person, target=case.subject, summary="申请人撤回申请", reason=reason
    )

"""The security policy in the browser; only the security administrator has it."""

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.administration.policies import queries
from minfang.kernel.administration.policies.schemas import PolicyChange, PolicyLine, PolicyStep
from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, require_fresh, requires
from minfang.kernel.iam.actions.policies import set_policy

router = Router(tags=["安全策略"], auth=[requires("policy.manage")])


@router.get("", response={200: list[PolicyLine], **PROBLEMS}, operation_id="list_policies")
def list_policies(request: HttpRequest) -> list[PolicyLine]:
    """All values with their bounds."""
    return queries.lines()


@router.get("/history", response={200: list[PolicyStep], **PROBLEMS}, operation_id="list_policy_history")
def list_policy_history(request: HttpRequest) -> list[PolicyStep]:
    """Who changed what, when and why."""
    return queries.history()


@router.put("/{key}", response={200: PolicyLine, **PROBLEMS}, operation_id="set_policy")
def change_policy(request: HttpRequest, key: str, body: PolicyChange) -> PolicyLine:
    """Put a value in force."""
    queries.line(key)
    require_fresh(request)
    set_policy(key, body.value, person=access_of(request).person, reason=body.reason)
    return queries.line(key)

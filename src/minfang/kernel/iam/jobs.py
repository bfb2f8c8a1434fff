"""What the background process does for accounts and grants, every hour."""

from minfang.kernel.base.periodic import every
from minfang.kernel.iam.actions.accounts import check_seals, disable_unused
from minfang.kernel.iam.actions.grants import expire_grant_requests
from minfang.kernel.iam.actions.policies import expire_policy_requests

HOUR = 3600.0


@every(HOUR)
def close_stale_grant_requests() -> int:
    """Proposals nobody decided in time are over."""
    return expire_grant_requests()


@every(HOUR)
def close_stale_policy_requests() -> int:
    """The same for changes of the security policy."""
    return expire_policy_requests()


@every(HOUR)
def disable_unused_accounts() -> int:
    """Accounts nobody uses are closed."""
    return disable_unused()


@every(HOUR)
def check_rows() -> int:
    """Every row that decides access is looked at, also those nobody asks for."""
    return check_seals()

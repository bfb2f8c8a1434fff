"""What the background process does for sessions."""

from minfang.kernel.base.periodic import every
from minfang.kernel.iam.actions.sessions import sweep

EVERY_SECONDS = 300.0


@every(EVERY_SECONDS)
def close_run_out_sessions() -> int:
    """Sessions whose time ran out unnoticed are closed; dead rows are removed."""
    return sweep()

"""Recurring work on anomalies."""

from minfang.kernel.base.periodic import every
from minfang.supervision.anomalies.actions import checking


@every(600)
def overdue_checks() -> int:
    """Remind those whose checks are overdue."""
    return checking.remind_overdue()

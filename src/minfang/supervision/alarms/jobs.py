"""Recurring work on alarms; what each does stands in ``actions.chasing``."""

from minfang.kernel.base.periodic import every
from minfang.supervision.alarms.actions import chasing


@every(10)
def escalate() -> int:
    """Tell who is higher of what nobody confirmed or handled."""
    return chasing.escalate_due()


@every(10)
def gathered() -> int:
    """Send what was gathered in a storm."""
    return chasing.flush_groups()


@every(30)
def repeats() -> int:
    """Push again what still holds."""
    return chasing.repeat_due()


@every(30)
def overdue() -> int:
    """Mark limits passed."""
    return chasing.mark_overdue()


@every(60)
def released() -> int:
    """Push what is no longer to be kept silent."""
    return chasing.release_suppressed()

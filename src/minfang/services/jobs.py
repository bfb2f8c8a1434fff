"""Recurring work of the services wing."""

from minfang.kernel.base.periodic import every
from minfang.services.actions import reminding, seals


@every(60)
def remind() -> int:
    """Reminders of the day, as soon as their hour has come."""
    return reminding.remind()


@every(300)
def close_unanswered_supplements() -> int:
    """Cases whose applicant let the time to complete pass."""
    return reminding.close_unanswered()


@every(3600)
def check_case_rows() -> int:
    """Every case is looked at, also those nobody asks for."""
    return seals.check()

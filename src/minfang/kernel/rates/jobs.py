"""Recurring work of the rates room."""

from minfang.kernel.base.periodic import every
from minfang.kernel.rates import actions


@every(3600)
def purge() -> int:
    """Counts of windows long past are of no use."""
    return actions.purge()

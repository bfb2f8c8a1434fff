"""Periodic work on the trail: the heads of the day."""

from minfang.kernel.audit import daily
from minfang.kernel.base.periodic import every

HEADS_SECONDS = 300


@every(HEADS_SECONDS)
def write_heads() -> None:
    """As soon after midnight as the background process comes to it, and again until it has worked."""
    daily.write()

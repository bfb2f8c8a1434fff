"""Recurring work of this room."""

from minfang.kernel.base.periodic import every
from minfang.supervision.telemetry import partitions, retention, rollups


@every(600)
def partitions_ahead() -> None:
    """Days of the readings table are there before they are needed."""
    partitions.make_ahead()


@every(30)
def roll_up() -> None:
    """Five-minute and hourly figures follow the readings."""
    rollups.roll()


@every(6 * 3600)
def forget_old() -> None:
    """Readings and roll-ups leave when their keeping time is over."""
    retention.forget_old()

"""Event time, microseconds since the epoch (UTC), as instants."""

from datetime import UTC, datetime


def moment(microseconds: int) -> datetime:
    """Event time of a signal as an instant."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


def microseconds(instant: datetime) -> int:
    """An instant as event time."""
    return int(instant.timestamp() * 1_000_000)

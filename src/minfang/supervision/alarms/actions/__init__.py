"""The only code that changes alarms, one module a kind of act."""

from minfang.supervision.alarms.actions.receiving import receive_event
from minfang.supervision.alarms.actions.taking import take

__all__ = ["receive_event", "take"]

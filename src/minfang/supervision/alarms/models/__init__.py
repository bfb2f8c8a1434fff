"""The ledger of alarms: what was raised, what became of it, who was told, and what was kept silent."""

from minfang.supervision.alarms.models.ledger import (
    Alarm,
    AlarmEvent,
    AlarmPhoto,
    DayNumber,
    HeldBack,
    ThirdEvent,
)
from minfang.supervision.alarms.models.telling import (
    AlarmPush,
    Escalation,
    PushGroup,
    Silence,
)
from minfang.supervision.alarms.models.words import (
    ENDED,
    FALSE,
    REAL,
    AlarmState,
    Category,
    Level,
    PushState,
    Source,
    Suppression,
    Target,
    Verdict,
)

__all__ = [
    "ENDED",
    "FALSE",
    "REAL",
    "Alarm",
    "AlarmEvent",
    "AlarmPhoto",
    "AlarmPush",
    "AlarmState",
    "Category",
    "DayNumber",
    "Escalation",
    "HeldBack",
    "Level",
    "PushGroup",
    "PushState",
    "Silence",
    "Source",
    "Suppression",
    "Target",
    "ThirdEvent",
    "Verdict",
]

"""What the engine says: one signal for everything that happened, with the steps that led to it."""

from dataclasses import dataclass
from enum import StrEnum


class SignalKind(StrEnum):
    """RAISE begins an alarm, RISE lifts its level, REPEAT says it still holds, CLEAR ends the condition.

    HELD_BACK would have been a RAISE or RISE; ``reason`` says why it is not.
    """

    RAISE = "RAISE"
    RISE = "RISE"
    REPEAT = "REPEAT"
    CLEAR = "CLEAR"
    HELD_BACK = "HELD_BACK"


class HeldReason(StrEnum):
    """Why something that fulfils the condition was not raised."""

    SCHEDULE = "SCHEDULE"
    OP_STATE = "OP_STATE"
    VALIDITY = "VALIDITY"
    DEDUPE = "DEDUPE"
    COUNT = "COUNT"
    BACKFILL = "BACKFILL"
    QUALITY = "QUALITY"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the chain: its code, whether it was passed, and in words with which figures."""

    code: str  # QUALITY, SCHEDULE, OP_STATE, THRESHOLD, HOLD, DEDUPE
    passed: bool
    text: str


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that happened on one series under one rule version.

    ``at`` is event time in µs since the epoch (UTC); ``level`` 1 red … 4 blue; ``readings`` (µs, value)
    prove it, at most twelve, newest last.
    """

    kind: SignalKind
    rule_id: int
    version_id: int
    series_id: int
    level: int
    at: int
    value: float | None
    threshold: float | None
    readings: tuple[tuple[int, float], ...]
    steps: tuple[Step, ...]
    message: str
    reason: HeldReason | None = None

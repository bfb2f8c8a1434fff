"""The rule engine: plain Python, event time, no database."""

from collections.abc import Iterable
from typing import Any

from minfang.supervision.rules.signals import Signal


class Engine:
    """Watches readings by compiled rules; what it remembers survives as rows (``states``)."""

    def __init__(self, compiled: Iterable[Any], states: Iterable[Any] = (), facts: Any = None) -> None:
        self.compiled = list(compiled)

    def feed(self, batch: Any) -> list[Signal]:
        """Take a batch of readings (``telemetry.batches.Batch``) and say what happened."""
        return []

    def due(self, now: int) -> list[Signal]:
        """What happened by ``now`` (µs) without a new reading: holds run out, no data, clear by silence."""
        return []

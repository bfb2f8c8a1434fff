"""When a message is tried again: short tries first, then waits over days. Values are data, not code."""

import os
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings

DEFINITION = Path(__file__).parent / "definitions" / "retry.toml"
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """A time span such as ``0.2s``, ``5m``, ``2h`` or ``1d``."""
    unit = UNITS[text.strip()[-1]]
    return timedelta(**{unit: float(text.strip()[:-1])})


@dataclass(frozen=True)
class Schedule:
    """The waits between tries, the lease of a claimed message, and the look-again time of a gate."""

    waits: tuple[timedelta, ...]
    lease: timedelta
    gate: timedelta

    def wait_after(self, tries: int) -> timedelta | None:
        """How long to wait after ``tries`` failed ones; ``None`` when a person has to decide."""
        return self.waits[tries - 1] if tries <= len(self.waits) else None


@lru_cache(maxsize=8)
def _read(waits: str, lease: str, gate: str, shortest_lease: float) -> Schedule:
    rules = tomllib.loads(DEFINITION.read_text())
    chosen = waits.split(",") if waits else rules["waits"]
    return Schedule(
        tuple(duration(item) for item in chosen),
        max(duration(lease or rules["lease"]), timedelta(seconds=shortest_lease)),
        duration(gate or rules["gate"]),
    )


def current() -> Schedule:
    """The schedule in force: the definition, or what the environment puts in its place.

    ``MINFANG_RETRY_SCHEDULE`` (comma separated spans), ``MINFANG_OUTBOX_LEASE`` and
    ``MINFANG_OUTBOX_GATE`` shorten it for demonstrations and tests. A lease is never shorter than two
    time-outs of an outside call, or a slow answer would be taken for a dead worker.
    """
    return _read(
        os.environ.get("MINFANG_RETRY_SCHEDULE", ""),
        os.environ.get("MINFANG_OUTBOX_LEASE", ""),
        os.environ.get("MINFANG_OUTBOX_GATE", ""),
        2 * settings.OUTSIDE_TIMEOUT_SECONDS,
    )

"""How delivery is spread and when a platform is left alone: values of ``definitions/delivery.toml``."""

import os
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from minfang.kernel.exchange.schedule import duration

DEFINITION = Path(__file__).parent / "definitions" / "delivery.toml"


@dataclass(frozen=True)
class Tuning:
    """The numbers of the delivery; see the definition for what each means."""

    width: int
    batch: int
    in_a_row: int
    group: int
    linger: float
    failures: int
    lanes: int
    waits: tuple[timedelta, ...]

    def pause(self, openings: int) -> timedelta:
        """How long a platform is left alone after it was found away for the ``openings``-th time."""
        return self.waits[min(openings, len(self.waits)) - 1]


@lru_cache(maxsize=8)
def _read(waits: str) -> Tuning:
    raw = tomllib.loads(DEFINITION.read_text())
    breaker = raw["breaker"]
    chosen = waits.split(",") if waits else breaker["waits"]
    return Tuning(
        raw["width"],
        raw["batch"],
        raw["in_a_row"],
        raw["group"],
        raw["linger"],
        breaker["failures"],
        breaker["lanes"],
        tuple(duration(item) for item in chosen),
    )


def current() -> Tuning:
    """The values in force; ``MINFANG_BREAKER_WAITS`` (comma separated spans) shortens the waits for tests."""
    return _read(os.environ.get("MINFANG_BREAKER_WAITS", ""))

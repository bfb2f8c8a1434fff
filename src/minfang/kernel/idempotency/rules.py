"""The settings of the room, read once."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

DEFINITION = Path(__file__).parent / "definitions" / "idempotency.toml"


@dataclass(frozen=True)
class Rules:
    """How long answers and claims last, and what is left alone."""

    keep: timedelta
    lease: timedelta
    longest_answer: int
    longest_body: int
    exempt: tuple[str, ...]


@lru_cache(maxsize=1)
def current() -> Rules:
    """The rules in force."""
    raw = tomllib.loads(DEFINITION.read_text())
    return Rules(
        timedelta(hours=raw["keep_hours"]),
        timedelta(seconds=raw["lease_seconds"]),
        raw["longest_answer_bytes"],
        raw["longest_body_bytes"],
        tuple(raw["exempt"]),
    )

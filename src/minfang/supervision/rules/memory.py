"""What a state machine of a rule remembers of one test, and what it may ask of the world around it."""

from dataclasses import dataclass, field
from typing import Any, Protocol

ALWAYS = -(2**62)


class Neighbours(Protocol):
    """Which series of a neighbourhood are true now, and since which reading."""

    def true_since(self, key: Any) -> dict[int, int]:
        """Series → instant of its last true reading."""


class ReadinessOf(Protocol):
    """The readiness of works."""

    def at(self, works: int, ts: int) -> str:
        """In force at an instant."""

    def next_change(self, works: int, ts: int) -> int | None:
        """The next known change."""


@dataclass(slots=True)
class World:
    """What machines ask beside their own memory.

    ``listening`` is since when (µs) readings have been taken without a break: what came before is no silence.
    """

    neighbours: Neighbours
    readiness: ReadinessOf
    listening: int = ALWAYS


@dataclass(slots=True)
class TestState:
    """What one test remembers. ``base``: the value alone is true; ``raw``: the whole test is, since
    ``since``.
    """

    base: bool = False
    raw: bool = False
    beyond: bool = False
    since: int | None = None
    n: int = 0
    on: bool = False
    over_since: int | None = None
    marks: list[int] = field(default_factory=list)
    parts: list[list[float]] = field(default_factory=list)

    def dump(self) -> list[Any]:
        """As JSON."""
        return [
            self.base,
            self.raw,
            self.beyond,
            self.since,
            self.n,
            self.on,
            self.over_since,
            self.marks,
            self.parts,
        ]

    @classmethod
    def load(cls, row: list[Any]) -> "TestState":
        """From JSON."""
        base, raw, beyond, since, n, on, over_since, marks, parts = row
        return cls(base, raw, beyond, since, n, on, over_since, list(marks), [list(part) for part in parts])

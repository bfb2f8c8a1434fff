"""What the demonstration's works are, read from ``definitions/demo_works.toml``."""

import random
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

SEED = 20261122
DISTRICT_KINDS = ("JJ", "DJ")


@cache
def definition() -> dict[str, Any]:
    """The whole file; callers must not change what they get."""
    text = files("minfang.sandbox").joinpath("definitions/demo_works.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True)
class Line:
    """One work of the plan; ``floors`` are codes with their number of protective units."""

    slug: str
    name: str
    no: str
    street: str
    address: str
    at: tuple[float, float]
    floors: list[tuple[str, int]]
    area: int
    use: str
    peace: str
    keeper: str
    state: str = "PEACE"
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def district(self) -> str:
        return self.no.split("-")[1]

    @property
    def kind(self) -> str:
        return self.no.split("-")[2]

    @property
    def year(self) -> int:
        return int(self.no.split("-")[3])

    @property
    def unit_count(self) -> int:
        return sum(count for _, count in self.floors)


@cache
def lines() -> tuple[Line, ...]:
    """All works, those the city looks after itself first."""
    return tuple(Line(**row) for row in definition()["works"])


def chance_of(name: str) -> random.Random:
    """The same chances for the same thing, whatever was made before it."""
    return random.Random(f"{SEED}/{name}")  # noqa: S311 - invented data


def weak_batches() -> frozenset[str]:
    """Numbers of the batches whose devices report falsely more often than others."""
    return frozenset(batch for maker in definition()["maker"] for batch in maker.get("weak", ()))

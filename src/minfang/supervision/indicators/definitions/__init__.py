"""The indicators there are, read once."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Indicator:
    """One figure of a dataset with its default target. ``now``: of the present, it has no period or trend."""

    code: str
    dataset: str
    measure: str
    better: str
    shown: bool
    target: float | None = None
    now: bool = False


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "indicators.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def indicators() -> dict[str, Indicator]:
    """All indicators by code, in their default order."""
    return {row["code"]: Indicator(**row) for row in _read()["indicator"]}


def trend_months() -> int:
    """How many months a trend shows."""
    return int(_read()["trend_months"])

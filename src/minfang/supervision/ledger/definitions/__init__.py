"""Limits of the ledger, read once."""

import tomllib
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def limits() -> dict[str, int]:
    """``limits.toml``."""
    return tomllib.loads((Path(__file__).parent / "limits.toml").read_text(encoding="utf-8"))

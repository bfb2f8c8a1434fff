"""Limits of links, read once."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def limits() -> dict[str, Any]:
    """``limits.toml``."""
    return tomllib.loads((Path(__file__).parent / "limits.toml").read_text(encoding="utf-8"))

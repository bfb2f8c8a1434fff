"""The criteria, read once."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=1)
def criteria() -> dict[str, Any]:
    """``criteria.toml``, one table a model."""
    return tomllib.loads((Path(__file__).parent / "criteria.toml").read_text(encoding="utf-8"))

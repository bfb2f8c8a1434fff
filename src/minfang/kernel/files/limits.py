"""The figures of ``definitions/files.toml``; free of the framework, for the checking process too."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

MEBIBYTE = 1024 * 1024
DEFINITION = Path(__file__).with_name("definitions") / "files.toml"


@lru_cache(maxsize=1)
def _all() -> dict[str, dict[str, Any]]:
    return tomllib.loads(DEFINITION.read_text())


def limit(section: str, name: str) -> int:
    """One whole figure, in the unit its name says."""
    return int(_all()[section][name])


def share(section: str, name: str) -> float:
    """One figure between 0 and 1."""
    return float(_all()[section][name])


def megabytes(section: str, name: str) -> int:
    """A figure given in megabytes, in bytes."""
    return limit(section, f"{name}_mb") * MEBIBYTE


def made_here(purpose: str) -> bool:
    """Whether files of this purpose are made by the platform itself."""
    return purpose in _all()["purposes"]["made_here"]

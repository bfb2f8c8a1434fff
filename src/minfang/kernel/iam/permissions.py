"""What permissions are called and what they allow, in the words of the people who grant them."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DEFINITIONS = Path(__file__).parent / "definitions" / "permissions.toml"


@dataclass(frozen=True)
class Words:
    """One permission in words."""

    name: str
    meaning: str


@lru_cache(maxsize=1)
def words() -> dict[str, Words]:
    """All permissions by code; a code without words stands for itself on the page."""
    table = tomllib.loads(DEFINITIONS.read_text(encoding="utf-8"))["permission"]
    return {code: Words(**row) for code, row in table.items()}

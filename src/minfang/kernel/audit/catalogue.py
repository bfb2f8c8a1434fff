"""What can stand in the trail: the catalogue of events (security handbook B.21), kept as data."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

DEFINITIONS = Path(__file__).parent / "definitions" / "events.toml"


@dataclass(frozen=True)
class Event:
    """One kind of event: its code, its name, when it is written, and the category it is filed under."""

    code: str
    name: str
    meaning: str
    category: str


@lru_cache(maxsize=1)
def events() -> dict[str, Event]:
    """All events by code."""
    rows = tomllib.loads(DEFINITIONS.read_text(encoding="utf-8"))["event"]
    found = {row["code"]: Event(**row) for row in rows}
    if len(found) != len(rows):
        raise ValueError("an event stands in the catalogue twice")
    return found


@lru_cache(maxsize=1)
def categories() -> dict[str, str]:
    """The categories and what they are called, in the order they are shown."""
    table: dict[str, str] = tomllib.loads(DEFINITIONS.read_text(encoding="utf-8"))["category"]
    return table


def knows(code: str) -> bool:
    """Whether the catalogue has this code."""
    return code in events()


def name_of(code: str) -> str:
    """What an event is called; an unknown code stands for itself."""
    found = events().get(code)
    return found.name if found else code


def codes_of(category: str) -> list[str]:
    """The codes filed under one category."""
    return [event.code for event in events().values() if event.category == category]


@lru_cache(maxsize=1)
def _words() -> dict[str, dict[str, str]]:
    data = tomllib.loads(DEFINITIONS.read_text(encoding="utf-8"))
    return {"field": data.get("field", {}), "alarm": data.get("alarm", {})}


def field_name(key: str) -> str:
    """What a thing before and after is called; an unknown one by its key."""
    return _words()["field"].get(key, key)


def alarm_name(kind: str) -> str:
    """What a kind of alarm is called; an unknown one by its code."""
    return _words()["alarm"].get(kind, kind)

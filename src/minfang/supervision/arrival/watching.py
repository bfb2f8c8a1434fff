"""The rule engine of this process, which must forget what was not committed or is moved by others."""

from dataclasses import dataclass

from minfang.supervision.rules import queries
from minfang.supervision.rules.engine import Engine


@dataclass
class _Listening:
    since: int | None = None


_listening = _Listening()


def engine() -> Engine:
    """The engine with what it remembers, told since when this process listens."""
    found = queries.live_engine()
    if _listening.since is not None:
        found.listen(_listening.since)
    return found


def listen(since: int | None) -> None:
    """This process takes readings without a break since then (µs); ``None``: nothing is known of breaks."""
    _listening.since = since


def forget() -> None:
    """Read rules and states from the database again before the next batch."""
    queries.forget_engine()

"""The rule engine of this process, which must forget what was not committed or is moved by others."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from minfang.supervision.rules import queries
from minfang.supervision.rules.engine import Engine


@dataclass
class _Listening:
    since: int | None = None


_listening = _Listening()
_prepared = threading.local()


@contextmanager
def prepared() -> Iterator[None]:
    """Bring the engine up to date before a batch is written, and keep that one until it is stored.

    An engine built after the batch's latest values were written would take the batch itself for old.
    """
    _prepared.engine = queries.live_engine()
    try:
        yield
    finally:
        _prepared.engine = None


def engine() -> Engine:
    """The engine with what it remembers, told since when this process listens."""
    found: Engine = getattr(_prepared, "engine", None) or queries.live_engine()
    if _listening.since is not None:
        found.listen(_listening.since)
    return found


def listen(since: int | None) -> None:
    """This process takes readings without a break since then (µs); ``None``: nothing is known of breaks."""
    _listening.since = since


def forget() -> None:
    """Read rules and states from the database again before the next batch."""
    drop = getattr(queries, "forget_engine", None)
    if drop is not None:
        drop()

"""The rule engine of this process, which must forget what was not committed or is moved by others."""

from minfang.supervision.rules import queries
from minfang.supervision.rules.engine import Engine


def engine() -> Engine:
    """The engine with what it remembers."""
    return queries.live_engine()


def forget() -> None:
    """Read rules and states from the database again before the next batch."""
    drop = getattr(queries, "forget_engine", None)
    if drop is not None:
        drop()

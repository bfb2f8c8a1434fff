"""What is asked of the rules."""

import gc
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from minfang.kernel.base import clock
from minfang.supervision.rules import loading
from minfang.supervision.rules.engine import Engine

LOOK_EVERY = timedelta(seconds=2)


@dataclass
class _Live:
    engine: Engine | None = None
    stamp: tuple[Any, ...] = ()
    looked_at: datetime | None = None


_live = _Live()


def live_engine() -> Engine:
    """The engine of this process by the published versions.

    It is built anew when rules, devices, places or the calendar changed (asked every two seconds); what is
    running keeps the version it began with. Whoever fed it calls ``actions.save_states`` in the same
    transaction, and :func:`forget_engine` when that transaction fails.
    """
    now = clock.now()
    if _live.engine is None or _live.looked_at is None or abs(now - _live.looked_at) >= LOOK_EVERY:
        _live.looked_at = now
        stamp = loading.stamp()
        if _live.engine is None or stamp != _live.stamp:
            _live.engine, _live.stamp = build_engine(), stamp
    return _live.engine


def build_engine() -> Engine:
    """An engine as the database stands now."""
    known, states = loading.facts(), loading.state_rows()
    engine = Engine(loading.compiled(known, states), states, known)
    gc.collect()
    gc.freeze()  # the plans live as long as the engine: the collector need not walk them with every batch
    return engine


def forget_engine() -> None:
    """Read rules and states again at the next question."""
    _live.engine = None
    gc.unfreeze()

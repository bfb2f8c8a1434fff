"""What happens by time alone: holds that run out, silence, for all devices whose readings are up to date."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from minfang.supervision.alarms import actions as alarms
from minfang.supervision.arrival import watching
from minfang.supervision.arrival.definitions import load
from minfang.supervision.arrival.devices import Directory
from minfang.supervision.rules import actions as rules


def run(consumed: Mapping[int, int], now: int, directory: Directory) -> int:
    """Move the rules' clock to where every partition has been stored (µs); how many signals came of it.

    It never runs ahead of what is stored, for what waits at the broker may yet say otherwise. A partition
    that has not moved for ``stuck_seconds`` keeps only its own devices waiting; ``jobs`` reports it.
    """
    limits = load("arrival")["timer"]
    moving = {n: at for n, at in consumed.items() if now - at <= limits["stuck_seconds"] * 1e6}
    if not moving:
        return 0
    until = min(moving.values()) - int(limits["settle_seconds"] * 1e6)
    if len(moving) == len(consumed):
        return tick(until)
    return tick(until, directory.series_in(set(moving)))


@transaction.atomic
def tick(now: int, series: Iterable[int] | None = None) -> int:
    """What happened by ``now`` (µs) becomes alarms; only of these series, if any are named."""
    engine = watching.engine()
    signals = engine.due(now, series)
    rules.save_states(engine)
    if signals:
        alarms.take(signals)
    return len(signals)

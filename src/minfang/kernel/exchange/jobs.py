"""The worker that delivers: one thread for each platform, so that a slow one holds up nobody else."""

import logging
import threading

from django.db import close_old_connections, connection

from minfang.kernel.base import clock
from minfang.kernel.exchange import connectors, wakeup
from minfang.kernel.exchange.actions.claiming import Share
from minfang.kernel.exchange.actions.delivering import Pump
from minfang.kernel.exchange.queries import next_retry_at

log = logging.getLogger(__name__)
SHORTEST_SLEEP = 0.05


def run_worker(stop: threading.Event) -> None:
    """Deliver until ``stop`` is set. Blocks; start it in a process or thread of its own.

    Messages of platforms this installation does not know are looked after by one more thread, which
    records why they cannot leave.
    """
    codes = connectors.codes()
    lanes = [connectors.lane_of(code) for code in codes]
    bells = [threading.Event() for _ in range(len(codes) + 1)]
    shares: list[tuple[list[str] | None, list[str]]] = [([code], []) for code in codes]
    shares.append((None, codes))
    threads = [
        threading.Thread(target=_serve, args=(share, bell, stop), name=f"outbox-{index}", daemon=True)
        for index, (share, bell) in enumerate(zip(shares, bells, strict=True))
    ]
    for thread in threads:
        thread.start()
    with wakeup.Listener() as listener:
        while not stop.is_set():
            told = listener.wait()
            for bell, lane in zip(bells, [*lanes, ""], strict=True):
                if listener.deaf or lane in told or told - set(lanes):
                    bell.set()
    for thread in threads:
        thread.join(timeout=10)
    connection.close()


def _serve(share: tuple[list[str] | None, list[str]], bell: threading.Event, stop: threading.Event) -> None:
    only, apart_from = share
    pump = Pump(Share(None if only is None else tuple(only), tuple(apart_from)), stop.is_set)
    longest = wakeup.POLL_SECONDS
    try:
        while not stop.is_set():
            bell.clear()
            tried, wait = _round(pump, only, apart_from)
            longest = wakeup.POLL_SECONDS if tried else min(2 * longest, wakeup.QUIET_SECONDS)
            bell.wait(min(wait, longest))
    finally:
        pump.close()
        connection.close()


def _round(pump: Pump, only: list[str] | None, apart_from: list[str]) -> tuple[int, float]:
    """One pass: how many messages were tried, and seconds to the next retry.

    A database that is away for a while must not end the worker.
    """
    try:
        close_old_connections()
        return pump.turn(), _until_next(only, apart_from)
    except Exception:
        log.exception("delivery round failed, trying again")
        return 1, wakeup.POLL_SECONDS


def _until_next(only: list[str] | None, apart_from: list[str]) -> float:
    """Seconds to the next retry that is due, at most the longest interval between two looks."""
    due = next_retry_at(only, apart_from)
    wait = wakeup.QUIET_SECONDS if due is None else (due - clock.now()).total_seconds()
    return min(max(wait, SHORTEST_SLEEP), wakeup.QUIET_SECONDS)

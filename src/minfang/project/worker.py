"""The background process: delivers the outbox and does the periodic work of the wings."""

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections

from minfang.kernel.exchange import jobs as exchange_jobs
from minfang.services import jobs as service_jobs

log = logging.getLogger(__name__)


def _periodically(stop: threading.Event, seconds: float, work: Callable[[], object]) -> None:
    """Repeat ``work`` until stopped; one failure is logged and the next turn comes all the same."""
    while not stop.wait(seconds):
        try:
            close_old_connections()
            work()
        except Exception:
            log.exception("periodic work %s failed", work.__qualname__)


def run(stop: threading.Event) -> None:
    """Stay until told to stop."""
    timers = [
        threading.Thread(target=_periodically, args=(stop, seconds, work), daemon=True)
        for work, seconds in service_jobs.PERIODIC
    ]
    for timer in timers:
        timer.start()
    exchange_jobs.run_worker(stop)
    for timer in timers:
        timer.join(timeout=5)

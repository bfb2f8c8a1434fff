"""The background process: delivers the outbox and does the periodic work of the wings."""

import logging
import threading
from collections.abc import Callable

from django.conf import settings
from django.db import close_old_connections

from minfang.kernel.base import periodic
from minfang.kernel.exchange import jobs as exchange_jobs
from minfang.sandbox.demo_cases import later as demo_papers

log = logging.getLogger(__name__)
PAPER_SECONDS = 0.6


def _periodically(stop: threading.Event, seconds: float, work: Callable[[], object]) -> None:
    """Repeat ``work`` until stopped; one failure is logged and the next turn comes all the same."""
    while not stop.wait(seconds):
        try:
            close_old_connections()
            work()
        except Exception:
            log.exception("periodic work %s failed", work.__qualname__)


def _draw_demo_papers(stop: threading.Event) -> None:
    """The papers of older demonstration cases, one after the other with a pause, until all are there."""
    try:
        while not stop.wait(PAPER_SECONDS) and demo_papers.draw_next():
            close_old_connections()
    except Exception:
        log.exception("papers of the demonstration failed")


def run(stop: threading.Event) -> None:
    """Stay until told to stop."""
    timers = [
        threading.Thread(target=_periodically, args=(stop, entry.seconds, entry.work), daemon=True)
        for entry in periodic.registered()
    ]
    if settings.DEMO:
        timers.append(threading.Thread(target=_draw_demo_papers, args=(stop,), daemon=True))
    for timer in timers:
        timer.start()
    exchange_jobs.run_worker(stop)
    for timer in timers:
        timer.join(timeout=5)

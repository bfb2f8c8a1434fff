"""The background process: delivers the outbox and does the periodic work of the wings."""

import logging
import sys
import threading
import time
import traceback

from django.conf import settings
from django.db import close_old_connections

from minfang.kernel.audit.readings import record_reading
from minfang.kernel.base import clock, periodic
from minfang.kernel.exchange import jobs as exchange_jobs
from minfang.kernel.operations import actions as operations
from minfang.sandbox.demo_cases import later as demo_papers

log = logging.getLogger(__name__)
PAPER_SECONDS = 0.6
BEAT_SECONDS = 20
SWITCH_SECONDS = 0.02  # the many threads mostly wait: fewer turns cost less


def _periodically(stop: threading.Event, entry: periodic.Periodic) -> None:
    """Repeat until stopped; a failure is logged and noted, and the next turn comes all the same."""
    while not stop.wait(entry.seconds):
        close_old_connections()
        began, error = time.monotonic(), ""
        try:
            entry.work()
        except Exception:
            log.exception("periodic work %s failed", entry.name)
            error = traceback.format_exc(limit=5)
            _record_failure(entry.name)
        try:
            operations.ran(entry.name, entry.seconds, int((time.monotonic() - began) * 1000), error)
        except Exception:
            log.exception("the turn of %s could not be noted", entry.name)


def _record_failure(name: str) -> None:
    """A turn that failed stands in the trail, once in a while for one that keeps failing."""
    try:
        record_reading("job.failed", person=None, target=f"job:{name}", summary=f"后台任务 {name} 运行失败")
    except Exception:
        log.exception("the failure of %s could not be recorded", name)


def _beat(stop: threading.Event) -> None:
    """Show that the worker lives."""
    started = clock.now()
    while True:
        try:
            close_old_connections()
            operations.beat("worker", started)
        except Exception:
            log.exception("the sign of life could not be written")
        if stop.wait(BEAT_SECONDS):
            return


def _draw_demo_papers(stop: threading.Event) -> None:
    """The papers of older demonstration cases, one after the other with a pause, until all are there."""
    try:
        while not stop.wait(PAPER_SECONDS) and demo_papers.draw_next():
            close_old_connections()
    except Exception:
        log.exception("papers of the demonstration failed")


def run(stop: threading.Event) -> None:
    """Stay until told to stop."""
    sys.setswitchinterval(SWITCH_SECONDS)
    timers = [
        threading.Thread(target=_periodically, args=(stop, entry), daemon=True)
        for entry in periodic.registered()
    ]
    timers.append(threading.Thread(target=_beat, args=(stop,), daemon=True))
    if settings.DEMO:
        timers.append(threading.Thread(target=_draw_demo_papers, args=(stop,), daemon=True))
    for timer in timers:
        timer.start()
    exchange_jobs.run_worker(stop)
    for timer in timers:
        timer.join(timeout=5)

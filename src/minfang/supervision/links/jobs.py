"""Starting due links: a lease on the row, a thread a run, at most a few at once; taking over what died."""

import logging
import os
import socket
import threading
import uuid
from datetime import timedelta

from django.db import connection

from minfang.kernel.base import clock, periodic
from minfang.supervision.links.actions import leasing
from minfang.supervision.links.actions.running import execute
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import DataLink

log = logging.getLogger(__name__)
_running: dict[int, threading.Thread] = {}


def worker_name() -> str:
    """A name no other run has."""
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"


@periodic.every(5)
def start_due_links() -> int:
    """Begin what is due while there is room; returns how many began."""
    leasing.take_back_lost()
    for number in [number for number, thread in _running.items() if not thread.is_alive()]:
        del _running[number]
    begun = 0
    for link_id in due(limits()["parallel"] * 4):
        if len(_running) >= limits()["parallel"]:
            break
        worker = worker_name()
        run = leasing.lease(link_id, worker)
        if run is None:
            continue
        thread = threading.Thread(
            target=_in_thread, args=(run.pk, worker), daemon=True, name=f"link-{link_id}"
        )
        _running[link_id] = thread
        thread.start()
        begun += 1
    return begun


def due(most: int) -> list[int]:
    """Links whose time has come, the longest waiting first."""
    found = DataLink.objects.filter(
        state="IDLE", enabled=True, source__enabled=True, next_run_at__lte=clock.now()
    )
    return list(found.order_by("next_run_at").values_list("pk", flat=True)[:most])


def run_now(link_id: int) -> bool:
    """Lease a due link and run it in this thread; False where somebody else has it or nothing is due."""
    worker = worker_name()
    run = leasing.lease(link_id, worker)
    if run is None:
        return False
    execute(run.pk, worker)
    return True


def _in_thread(run_id: int, worker: str) -> None:
    try:
        execute(run_id, worker)
    except Exception:
        log.exception("run %s ended without a word", run_id)
    finally:
        connection.close()


@periodic.every(60)
def look_for_late_links() -> int:
    """Tell of links that are behind; returns how many were told of."""
    return leasing.warn_of_late()


@periodic.every(3600)
def forget_old_runs() -> int:
    """Remove runs older than a year."""
    return leasing.forget_runs(clock.now() - timedelta(days=365))

"""Note signs of life, turns of recurring work, backups."""

import os
import socket
from datetime import datetime, timedelta

from django.db import transaction

from minfang import __version__
from minfang.kernel.base import clock
from minfang.kernel.operations.models import Backup, JobRun, ProcessSeen

WRITE_AT_LEAST = timedelta(seconds=30)
ERROR_LENGTH = 1000


@transaction.atomic
def beat(name: str, started_at: datetime) -> None:
    """A process shows that it lives; ``name`` says which, one row each."""
    ProcessSeen.objects.update_or_create(
        name=name,
        defaults={
            "pid": os.getpid(),
            "host": socket.gethostname()[:100],
            "version": __version__,
            "started_at": started_at,
            "seen_at": clock.now(),
        },
    )


@transaction.atomic
def ran(name: str, seconds: float, milliseconds: int, error: str = "") -> None:
    """Note one turn of recurring work. Good turns in quick succession are noted every half minute only."""
    now = clock.now()
    row = JobRun.objects.select_for_update().filter(name=name).first()
    if row is None:
        row = JobRun(name=name)
    elif not error and not row.failures and now - row.last_at < WRITE_AT_LEAST:
        return
    row.seconds, row.last_at, row.last_milliseconds = seconds, now, milliseconds
    if error:
        row.failures += 1
        row.failing_since = row.failing_since or now
        row.last_error = error[:ERROR_LENGTH]
    else:
        row.failures, row.failing_since, row.last_error, row.last_ok_at = 0, None, "", now
    row.save()


@transaction.atomic
def backed_up(path: str, size: int, digest: str) -> Backup:
    """Note a finished backup."""
    return Backup.objects.create(path=path, size=size, digest=digest, taken_at=clock.now())

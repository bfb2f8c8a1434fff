"""Work of the background process around files."""

import time

from minfang.kernel.base.periodic import every
from minfang.kernel.files import janitor
from minfang.kernel.files.actions import scanning, uploads

SWEEP_SECONDS = 600.0
_swept: list[float] = []


@every(20)
def tend() -> None:
    """Litter is removed soon after the start and then every ten minutes."""
    if not _swept or time.monotonic() - _swept[-1] >= SWEEP_SECONDS:
        _swept[:] = [time.monotonic()]
        janitor.sweep()


@every(60)
def scan_waiting() -> None:
    """Files that wait for the virus scanner are tried again."""
    uploads.retry_waiting()


@every(300)
def rescan() -> None:
    """Kept files are scanned with newer signatures."""
    scanning.rescan()

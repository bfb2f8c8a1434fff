"""How the running product is, as one page."""

from dataclasses import asdict

from minfang import __version__
from minfang.kernel.administration.operations.schemas import (
    BackupOut,
    BrokenThing,
    JobOut,
    OperationsOut,
    ProcessOut,
    ReadyCheck,
)
from minfang.kernel.base import clock
from minfang.kernel.operations import findings, health
from minfang.kernel.operations.kernel_findings import SILENT
from minfang.kernel.operations.models import Backup, JobRun, ProcessSeen

BACKUPS_SHOWN = 10


def overview() -> OperationsOut:
    """Findings first, then the state of processes, work and backups."""
    now = clock.now()
    return OperationsOut(
        at=now,
        version=__version__,
        findings=[BrokenThing(**asdict(finding)) for finding in findings.today()],
        checks=[ReadyCheck(**asdict(check)) for check in health.readiness()],
        processes=[
            ProcessOut(
                name=row.name,
                pid=row.pid,
                host=row.host,
                version=row.version,
                started_at=row.started_at,
                seen_at=row.seen_at,
                silent=now - row.seen_at > SILENT,
            )
            for row in ProcessSeen.objects.all()
        ],
        jobs=[
            JobOut(
                name=row.name,
                seconds=row.seconds,
                last_at=row.last_at,
                last_ok_at=row.last_ok_at,
                milliseconds=row.last_milliseconds,
                failures=row.failures,
                last_error=row.last_error,
            )
            for row in JobRun.objects.all()
        ],
        backups=[
            BackupOut(path=row.path, taken_at=row.taken_at, size=row.size, verified_at=row.verified_at)
            for row in Backup.objects.all()[:BACKUPS_SHOWN]
        ],
        free_bytes=health.free_bytes(),
    )

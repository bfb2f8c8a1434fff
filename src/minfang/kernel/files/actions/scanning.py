"""Scan kept files again: those never scanned, and old ones with newer signatures."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.files import antivirus, queries
from minfang.kernel.files.limits import limit
from minfang.kernel.files.models import ScanState, StoredFile

AGAIN = (ScanState.CLEAN, ScanState.NOT_SCANNED)


def rescan() -> int:
    """One batch; returns how many were judged. Stops when the scanner gives no answer."""
    if not antivirus.is_configured():
        return 0
    oldest = clock.now() - timedelta(days=limit("antivirus", "rescan_days"))
    due = StoredFile.objects.filter(
        Q(scan_state=ScanState.NOT_SCANNED, scanned_at=None) | Q(scan_state__in=AGAIN, scanned_at__lt=oldest)
    ).order_by("stored_at")
    judged = 0
    for file in due[: limit("antivirus", "rescan_batch")]:
        verdict = antivirus.scan(queries.stream(file))
        if isinstance(verdict, antivirus.ScanFailed) and not verdict.permanent:
            raise_alarm("files.scan_failed", target="antivirus", summary=f"{verdict.reason}，复查中断")
            break
        _note(file, verdict)
        judged += 1
    return judged


@transaction.atomic
def _note(file: StoredFile, verdict: antivirus.Verdict) -> None:
    """Write the verdict to the file; an infected one disappears for everybody and an alarm is raised."""
    file.scanned_at = clock.now()
    if isinstance(verdict, antivirus.Infected):
        file.scan_state, file.scan_detail = ScanState.INFECTED, verdict.name
        told = f"复查发现 {file.name[:80]} 含病毒 {verdict.name}，已隔离"
        record("files.infected", person=None, target=f"file:{file.pk}", summary=told)
        raise_alarm("files.infected", target=f"file:{file.pk}", summary=told, details={"virus": verdict.name})
    elif isinstance(verdict, antivirus.Clean):
        file.scan_state, file.scan_detail = ScanState.CLEAN, verdict.engine
    elif isinstance(verdict, antivirus.ScanFailed):
        file.scan_state, file.scan_detail = ScanState.NOT_SCANNED, verdict.reason
    file.save(update_fields=["scan_state", "scan_detail", "scanned_at"])

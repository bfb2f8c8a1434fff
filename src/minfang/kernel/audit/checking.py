"""Verify the trail on the record: a check is kept, is itself an event, and alarms when it finds something."""

import logging
import threading
from dataclasses import asdict
from datetime import datetime

from django.db import connection, transaction

from minfang.kernel.audit import verification
from minfang.kernel.audit.actions import Actor, record
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.audit.models import AuditCheck
from minfang.kernel.audit.signing import UNCHECKED
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal
from minfang.kernel.crypto import port

log = logging.getLogger(__name__)
STEP = 20_000
KEPT = 200
STALE_HOURS = 6
INTERRUPTED = "校验中断，未得出结论"


def check(
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    person: Actor | None,
    progress: verification.Progress | None = None,
) -> verification.Report:
    """Verify now and keep what came of it; long, so not for a request."""
    return _run(_open(person, since, until), since, until, person, progress)


def begin(person: Actor) -> AuditCheck:
    """Start a verification in the background; its row tells how far it is. Refuses while one is running."""
    limit = clock.now().timestamp() - STALE_HOURS * 3600
    running = AuditCheck.objects.filter(finished_at=None).first()
    if running is not None and running.started_at.timestamp() > limit:
        raise Refusal("CHECK_RUNNING", "校验正在进行。", "请等它结束后再开始新的校验。", status=409)
    row = _open(person, None, None)

    def work() -> None:
        try:
            _run(row, None, None, person, None)
        except port.CryptoUnavailable as error:
            log.warning("the trail could not be verified: %s", error)
        finally:
            connection.close()

    transaction.on_commit(lambda: threading.Thread(target=work, daemon=True).start())
    return row


def was_tried_in_vain(row: AuditCheck) -> bool:
    """Whether the password service gave no answer, so that the check has to be done again."""
    return row.findings == [{"message": UNCHECKED}]


def _open(person: Actor | None, since: datetime | None, until: datetime | None) -> AuditCheck:
    return AuditCheck.objects.create(
        started_at=clock.now(),
        person_id=person.pk if person else None,
        person_name=person.name if person else "系统",
        total=verification.total(since, until),
    )


def _run(
    row: AuditCheck,
    since: datetime | None,
    until: datetime | None,
    person: Actor | None,
    progress: verification.Progress | None,
) -> verification.Report:
    """Walk, tell how far it is on the way, and close the row whatever happens."""
    told = [0]

    def tell(done: int, _: int) -> None:
        if progress:
            progress(done, row.total)
        if done - told[0] >= STEP:
            told[0] = done
            _note(row.pk, done)

    try:
        report = verification.verify(since, until, progress=tell)
    except BaseException as error:
        why = UNCHECKED if isinstance(error, port.CryptoUnavailable) else INTERRUPTED
        AuditCheck.objects.filter(pk=row.pk).update(finished_at=clock.now(), findings=[{"message": why}])
        raise
    _close(row, report, person)
    return report


def _note(number: int, done: int) -> None:
    """On a connection of its own: the walk's own transaction shows nothing before it is over."""
    from minfang.kernel.audit.alarms import connection_of_its_own

    with connection_of_its_own() as using:
        AuditCheck.objects.using(using).filter(pk=number).update(done=done)


def _close(row: AuditCheck, report: verification.Report, person: Actor | None) -> None:
    with transaction.atomic():
        AuditCheck.objects.filter(pk=row.pk).update(
            finished_at=clock.now(),
            done=report.entries,
            total=report.entries,
            sound=report.sound,
            findings=[{**asdict(finding), "text": str(finding)} for finding in report.findings[:KEPT]],
        )
        record(
            "audit.verify",
            person=person,
            target=f"audit_check:{row.pk}",
            summary=f"校验审计日志 {report.entries} 条，{'完整' if report.sound else '发现问题'}",
            result="OK" if report.sound else "FAIL",
        )
    if not report.sound:
        raise_alarm(
            "audit.broken",
            target="audit_event",
            summary=f"审计日志校验发现问题：{report.findings[0]}",
            details={"findings": [str(finding) for finding in report.findings[:20]]},
        )

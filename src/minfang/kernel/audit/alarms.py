"""Security alarms: what the security administrator must look at, kept until somebody says what was done."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, models, transaction

from minfang.kernel.audit.actions import Actor, record
from minfang.kernel.audit.models import SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.base.errors import Refusal

log = logging.getLogger(__name__)
OWN_ALIAS = "alarms"


def raise_alarm(kind: str, *, target: str, summary: str, details: dict[str, Any] | None = None) -> None:
    """Tell the security administrator; the same kind and target is counted while nobody has acknowledged it.

    The alarm stays when the caller's transaction is rolled back. It never fails the caller: what cannot be
    written to the database stands in the log.
    """
    log.warning("security alarm %s %s: %s", kind, target, summary.replace("\n", " "))
    try:
        with connection_of_its_own() as using:
            _write(using, kind[:64], target[:128], summary[:500], details or {})
    except Exception:
        log.exception("security alarm %s %s could not be written", kind, target)


@contextmanager
def connection_of_its_own() -> Iterator[str]:
    """The alias of a connection outside the caller's transaction; the plain one where there is none."""
    if not connection.in_atomic_block:
        yield DEFAULT_DB_ALIAS
        return
    connections[OWN_ALIAS] = connections[DEFAULT_DB_ALIAS].copy(alias=OWN_ALIAS)
    try:
        yield OWN_ALIAS
    finally:
        connections[OWN_ALIAS].close()
        del connections[OWN_ALIAS]


def _key(kind: str, target: str) -> str:
    return hashlib.sha256(f"{kind}\n{target}".encode()).hexdigest()


def _write(using: str, kind: str, target: str, summary: str, details: dict[str, Any]) -> None:
    if _counted(using, kind, target, summary, details):
        return
    now = clock.now()
    try:
        with transaction.atomic(using=using):
            SecurityAlarm.objects.using(using).create(
                kind=kind,
                target=target,
                summary=summary,
                details=details,
                raised_at=now,
                last_at=now,
                open_key=_key(kind, target),
            )
    except IntegrityError:
        _counted(using, kind, target, summary, details)


def _counted(using: str, kind: str, target: str, summary: str, details: dict[str, Any]) -> bool:
    """Whether an open alarm of this kind and target was there to be counted up."""
    with transaction.atomic(using=using):
        found = SecurityAlarm.objects.using(using).filter(open_key=_key(kind, target))
        return (
            found.update(count=models.F("count") + 1, last_at=clock.now(), summary=summary, details=details)
            > 0
        )


def acknowledge(alarm_id: int, *, person: Actor, note: str) -> SecurityAlarm:
    """The security administrator has looked at it and says what was done."""
    if not note.strip():
        raise Refusal("NOTE_NEEDED", "请写明处置情况。", "写明原因和已采取的措施后再确认。", status=422)
    with transaction.atomic():
        alarm = SecurityAlarm.objects.select_for_update().filter(pk=alarm_id).first()
        if alarm is None:
            raise Refusal("NOT_FOUND", "没有这条告警。", "请刷新列表后重试。", status=404)
        if alarm.acknowledged_at is not None:
            raise Refusal("STALE", "该告警已由他人处置。", "请刷新列表查看处置情况。", status=409)
        alarm.acknowledged_by_id, alarm.acknowledged_name = person.pk, person.name
        alarm.acknowledged_at, alarm.note = clock.now(), note.strip()[:500]
        alarm.open_key = f"closed:{alarm.pk}"
        alarm.save()
        record(
            "alarm.acknowledge",
            person=person,
            target=alarm,
            summary=f"处置安全告警：{alarm.summary}"[:500],
            reason=alarm.note,
        )
    return alarm

"""Periodic work on the trail: the heads of the day, and a verification every night."""

import logging
from datetime import timedelta

from minfang.kernel.audit import checking, daily
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.audit.models import AuditCheck
from minfang.kernel.base import clock
from minfang.kernel.base.periodic import every
from minfang.kernel.crypto import port

log = logging.getLogger(__name__)
HEADS_SECONDS = 300
NIGHT_SECONDS = 1800
NIGHT = range(1, 5)
PAUSE = timedelta(hours=20)


@every(HEADS_SECONDS)
def write_heads() -> None:
    """As soon after midnight as the background process comes to it, and again until it has worked."""
    try:
        daily.write()
    except port.CryptoUnavailable as error:
        told = f"密码服务暂时不可用，当日审计链头尚未签名，将自动重试：{error}"
        raise_alarm("audit.head_waiting", target="audit_head", summary=told)


@every(NIGHT_SECONDS)
def verify_nightly() -> None:
    """Walk the whole trail once a night, while nobody waits for the machine.

    When the password service gives no answer it is tried again at the next turn of the same night.
    """
    now = clock.now()
    recent = AuditCheck.objects.filter(started_at__gt=now - PAUSE)
    if now.hour not in NIGHT or not all(checking.was_tried_in_vain(row) for row in recent):
        return
    try:
        checking.check(person=None)
    except port.CryptoUnavailable as error:
        log.warning("the trail could not be verified tonight, to be tried again: %s", error)

"""Periodic work on the trail: the heads of the day, and a verification every night."""

from datetime import timedelta

from minfang.kernel.audit import checking, daily
from minfang.kernel.audit.models import AuditCheck
from minfang.kernel.base import clock
from minfang.kernel.base.periodic import every

HEADS_SECONDS = 300
NIGHT_SECONDS = 1800
NIGHT = range(1, 5)
PAUSE = timedelta(hours=20)


@every(HEADS_SECONDS)
def write_heads() -> None:
    """As soon after midnight as the background process comes to it, and again until it has worked."""
    daily.write()


@every(NIGHT_SECONDS)
def verify_nightly() -> None:
    """Walk the whole trail once a night, while nobody waits for the machine."""
    now = clock.now()
    if now.hour in NIGHT and not AuditCheck.objects.filter(started_at__gt=now - PAUSE).exists():
        checking.check(person=None)

"""Notice when the machine's clock was put forward or back while the product ran (security handbook B.28).

What the wall clock advanced between two looks is compared with what the machine itself counted.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.alarms import raise_alarm
from minfang.kernel.base import clock
from minfang.kernel.base.periodic import every
from minfang.kernel.iam import policy

ALARM = "clock.jumped"
LOOK_SECONDS = 30
TARGET = "clock"


@dataclass(frozen=True)
class Look:
    """The wall clock and the machine's own count (seconds) at one moment."""

    wall: datetime
    count: float


_last: Look | None = None


@every(LOOK_SECONDS)
def watch() -> float:
    """Compare with the last look of this process; returns by how many seconds the clock jumped, or 0."""
    return compare(Look(clock.now(), time.monotonic()))


def compare(look: Look) -> float:
    """As :func:`watch`, for a look at hand."""
    global _last
    before, _last = _last, look
    if before is None:
        return 0.0
    jump = (look.wall - before.wall).total_seconds() - (look.count - before.count)
    if abs(jump) <= policy.current().clock_jump_seconds:
        return 0.0
    way = "向前" if jump > 0 else "向后"
    words = f"服务器时钟{way}跳变 {abs(jump):.0f} 秒（{before.wall:%m-%d %H:%M:%S} 之后）"
    with transaction.atomic():
        record(
            ALARM,
            person=None,
            target=TARGET,
            summary=words,
            before={"at": before.wall.isoformat()},
            after={"at": look.wall.isoformat(), "seconds": round(jump)},
        )
    raise_alarm(ALARM, target=TARGET, summary=words, details={"seconds": round(jump)})
    return jump


def forget() -> None:
    """The next look is the first one."""
    global _last
    _last = None

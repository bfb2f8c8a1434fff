"""When a link runs next, and whether it is late (handbook §9.5)."""

from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from minfang.kernel.base.errors import FieldError, invalid
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import DataLink

HOME = ZoneInfo("Asia/Shanghai")


def checked(cron: str) -> str:
    """The expression with single spaces; refuses what is no schedule."""
    plain = " ".join(cron.split())
    try:
        if len(plain.split()) != 5:
            raise CronSimError
        next(CronSim(plain, datetime(2026, 1, 1, tzinfo=HOME)))
    except (CronSimError, StopIteration) as error:
        text = "请填写 5 段调度表达式：分 时 日 月 周，例如 */5 * * * *。"
        raise invalid([FieldError("cron", "调度", text)]) from error
    return plain


def upcoming(cron: str, after: datetime, count: int = 1) -> list[datetime]:
    """The next times of a schedule, Shanghai time."""
    return list(islice(CronSim(cron, after.astimezone(HOME)), count))


def period(link: DataLink, now: datetime) -> timedelta | None:
    """The time between two runs; None without a schedule."""
    if not link.cron:
        return None
    first, second = upcoming(link.cron, now, 2)
    return second - first


def allowed_delay(link: DataLink, now: datetime) -> timedelta | None:
    """How old the last success may be: as configured, else two periods."""
    if link.expected_delay:
        return timedelta(seconds=link.expected_delay)
    found = period(link, now)
    return found * limits()["delay_periods"] if found else None


def late_by(link: DataLink, now: datetime) -> timedelta | None:
    """How far a link is behind what is allowed; None when it is not late."""
    allowed = allowed_delay(link, now)
    if allowed is None or not link.enabled:
        return None
    behind = now - (link.last_success_at or link.created_at) - allowed
    return behind if behind > timedelta(0) else None

"""Whether a link is well, in a word, a colour and a reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from minfang.supervision.links import schedule
from minfang.supervision.links.actions.leasing import minutes
from minfang.supervision.links.models import DataLink, DataSource, LinkState, SourceState

LATE = "距上次成功同步已超过允许的延迟。"
NONE = timedelta(0)
BAD, WARN, GOOD, QUIET, BUSY = "bad", "warn", "good", "quiet", "busy"


@dataclass(frozen=True)
class Health:
    """``tone`` is how a page colours it."""

    code: str
    label: str
    tone: str
    reason: str = ""

    @property
    def rank(self) -> int:
        """The worst first."""
        return [BAD, WARN, BUSY, GOOD, QUIET].index(self.tone)


def of_link(link: DataLink, now: datetime, error: str = "", unusual: str = "") -> Health:
    """How a link stands; ``error`` and ``unusual`` are those of its last ended run."""
    late = schedule.late_by(link, now)
    states = [
        (not link.enabled or not link.source.enabled, Health("DISABLED", "已停用", QUIET)),
        (link.failures > 0, Health("FAILING", f"连续失败 {link.failures} 次", BAD, error)),
        (late is not None, Health("LATE", f"晚 {minutes(late or NONE)}", BAD, LATE)),
        (link.state == LinkState.RUNNING, Health("RUNNING", "同步中", BUSY)),
        (link.state == LinkState.PAUSED, Health("PAUSED", "已暂停", WARN)),
        (bool(unusual), Health("UNUSUAL", "行数异常", WARN, unusual)),
        (link.last_success_at is None, Health("NEW", "未同步", QUIET)),
    ]
    return next((found for holds, found in states if holds), Health("OK", "正常", GOOD))


def of_source(source: DataSource, links: list[Health]) -> Health:
    """How a source stands: its links, then its last test."""
    if not source.enabled:
        return Health("DISABLED", "已停用", QUIET)
    worst = min(links, key=lambda one: one.rank, default=None)
    if worst is not None and worst.tone == BAD:
        return worst
    if source.state == SourceState.BROKEN:
        return Health("BROKEN", "连接异常", BAD, source.state_reason)
    if worst is not None and worst.tone != QUIET:
        return worst
    label = "正常" if source.state == SourceState.OK else "未测试"
    return Health(source.state, label, GOOD if source.state == SourceState.OK else QUIET)

"""What is broken about the trail and its time: entries due for the archive, jumps of the clock."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Min

from minfang.kernel.audit.models import AuditEvent, SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.iam import policy
from minfang.kernel.operations.clock_watch import ALARM
from minfang.kernel.operations.findings import BAD, WARN, Finding, source


@source("审计")
def archive_due() -> Iterator[Finding]:
    """Entries older than the time they stay on line that nobody has taken to the archive (B.26)."""
    days = policy.current().audit_online_days
    limit = clock.now() - timedelta(days=days)
    oldest = AuditEvent.objects.aggregate(at=Min("at"))["at"]
    if oldest is not None and oldest < limit:
        yield Finding(
            "审计",
            f"有超过在线保存期（{days} 天）的审计日志尚未归档",
            f"最早一条：{oldest.astimezone(clock.SHANGHAI):%Y-%m-%d}",
            f"请运行 minfang audit archive --before {limit:%Y-%m-%d} --folder 目录，归档包另处保存三年。",
            WARN,
            since=oldest + timedelta(days=days),
        )


@source("运行")
def clock_jumped() -> Iterator[Finding]:
    """The machine's clock was put forward or back, until somebody has dealt with the alarm."""
    alarm = SecurityAlarm.objects.filter(kind=ALARM, acknowledged_at=None).first()
    if alarm is not None:
        yield Finding(
            "运行",
            "服务器时钟发生跳变",
            alarm.summary,
            "请核对主机 NTP 同步；其间的时限、签名时间须核查。由安全管理员在告警页处置。",
            BAD,
            alarm.count,
            alarm.raised_at,
            "/admin/alarms",
        )

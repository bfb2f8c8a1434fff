"""What the services wing reports as broken about its cases."""

from collections.abc import Iterator

from minfang.kernel.audit.models import SecurityAlarm
from minfang.kernel.operations.findings import BAD, Finding, source
from minfang.services.case_seals import ALARM

SHOWN = 5


@source("安全")
def tampered_cases() -> Iterator[Finding]:
    """Cases whose state or days were changed past the product, until somebody has dealt with the alarm."""
    alarms = list(SecurityAlarm.objects.filter(kind=ALARM, acknowledged_at=None).order_by("raised_at"))
    if alarms:
        numbers = "、".join(alarm.target.partition(":")[2] for alarm in alarms[:SHOWN])
        yield Finding(
            "安全",
            f"{len(alarms)} 件办件的状态或时限数据被系统之外修改",
            numbers,
            "请安全管理员对照审计日志核查；更正后运行 minfang cases settle 办件编号 --reason 理由。",
            BAD,
            len(alarms),
            alarms[0].raised_at,
            "/admin/alarms",
        )

"""What the kernel's own rooms report as broken."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, Min

from minfang.kernel.audit.models import SecurityAlarm
from minfang.kernel.base import clock
from minfang.kernel.documents.models import Document, DocumentState
from minfang.kernel.exchange import queries as exchange
from minfang.kernel.exchange.models import OutboxState
from minfang.kernel.messaging.models import Message, MessageState
from minfang.kernel.numbering.queries import series_reports
from minfang.kernel.operations import health
from minfang.kernel.operations.findings import BAD, WARN, Finding, source
from minfang.kernel.operations.models import Backup, JobRun, ProcessSeen
from minfang.kernel.workdays.queries import provisional_years

WORKER = "worker"
SILENT = timedelta(seconds=90)
WAITING_LONG = 3600
SEALING_LONG = timedelta(hours=1)
BACKUP_AGE = timedelta(hours=26)
NOTICE_MONTH = 12


@source("运行")
def processes() -> Iterator[Finding]:
    """The worker gives no sign of life: nothing is pushed, nobody is reminded."""
    now = clock.now()
    seen = ProcessSeen.objects.filter(name=WORKER).first()
    if seen is None or now - seen.seen_at > SILENT:
        yield Finding(
            "运行",
            "后台任务没有运行",
            "推送、提醒、用印都在等待。",
            "请检查后台任务进程（minfang worker）及其日志。",
            BAD,
            since=seen.seen_at if seen else None,
        )


@source("运行")
def jobs() -> Iterator[Finding]:
    """Recurring work whose last turn failed."""
    for row in JobRun.objects.filter(failures__gt=0):
        yield Finding(
            "运行",
            f"定时任务失败：{row.name}",
            row.last_error.splitlines()[-1] if row.last_error else "",
            "请查看运行日志；任务会按周期自动再试。",
            BAD if row.failures >= 3 else WARN,
            row.failures,
            row.failing_since,
        )


@source("运行")
def ready() -> Iterator[Finding]:
    """Conditions for being ready that do not hold."""
    for check in health.readiness():
        if not check.passed:
            yield Finding("运行", f"{check.name}不正常", check.detail, "请系统运维人员立即处理。", BAD)


@source("推送")
def pushes() -> Iterator[Finding]:
    """Platforms that do not take what we send."""
    for platform in exchange.status():
        dead = platform.counts.get(OutboxState.DEAD, 0)
        if dead:
            yield Finding(
                "推送",
                f"{platform.name}：{dead} 条推送待人工处理",
                platform.last_error,
                "请在推送监控中查看原因，更正后重新发送。",
                BAD,
                dead,
                link="/office/pushes",
            )
        if (platform.oldest_seconds or 0) > WAITING_LONG:
            yield Finding(
                "推送",
                f"{platform.name}：最早一条已等待 {(platform.oldest_seconds or 0) // 3600} 小时",
                platform.last_error,
                "平台恢复后自动补发；如持续不通请联系该平台。",
                WARN,
                platform.unsettled,
                link="/office/pushes",
            )


@source("短信")
def messages() -> Iterator[Finding]:
    """Messages of the last day that did not arrive."""
    since = clock.now() - timedelta(days=1)
    failed = Message.objects.filter(state=MessageState.FAILED, created_at__gte=since)
    found = failed.aggregate(n=Count("id"), first=Min("created_at"))
    if found["n"]:
        yield Finding(
            "短信",
            f"近一日 {found['n']} 条消息未送达",
            "",
            "请核对手机号。",
            WARN,
            found["n"],
            found["first"],
        )


@source("文书")
def sealing() -> Iterator[Finding]:
    """Documents that wait for their seal too long."""
    stuck = Document.objects.filter(
        state=DocumentState.SEALING, drawn_up_at__lt=clock.now() - SEALING_LONG
    ).aggregate(n=Count("id"), first=Min("drawn_up_at"))
    if stuck["n"]:
        yield Finding(
            "文书",
            f"{stuck['n']} 份文书用印超过 1 小时未返回",
            "",
            "请在推送监控中查看电子印章平台的状态。",
            BAD,
            stuck["n"],
            stuck["first"],
            "/office/pushes",
        )


@source("安全")
def alarms() -> Iterator[Finding]:
    """Security alarms nobody has acknowledged."""
    open_alarms = SecurityAlarm.objects.filter(acknowledged_at__isnull=True)
    found = open_alarms.aggregate(n=Count("id"), first=Min("raised_at"))
    if found["n"]:
        yield Finding(
            "安全",
            f"{found['n']} 条安全告警未确认",
            "",
            "请安全管理员处置。",
            BAD,
            found["n"],
            found["first"],
        )


@source("编号")
def numbers() -> Iterator[Finding]:
    """Numbers the ledger has lost."""
    for report in series_reports():
        if report.missing:
            yield Finding(
                "编号",
                f"编号序列 {report.series} 缺 {len(report.missing)} 个号",
                "、".join(map(str, report.missing[:10])),
                "编号台账可能被改动，请核查审计日志。",
                BAD,
                len(report.missing),
                link="/admin/numbers?tab=gaps",
            )


@source("日历")
def calendar() -> Iterator[Finding]:
    """The coming year's holiday notice is out by December and not yet imported."""
    today = clock.today()
    late = [y for y in provisional_years() if y <= today.year or today.month >= NOTICE_MONTH]
    for year in late:
        if year <= today.year + 1:
            yield Finding(
                "日历",
                f"{year} 年放假通知尚未导入",
                "时限暂按周一至周五计算。",
                "请系统管理员在工作日历中导入。",
                WARN,
                link="/admin/calendar",
            )


@source("备份")
def backups() -> Iterator[Finding]:
    """No backup since yesterday."""
    last = Backup.objects.order_by("-taken_at").first()
    if last is None or clock.now() - last.taken_at > BACKUP_AGE:
        when = f"最近一次：{last.taken_at:%Y-%m-%d %H:%M}" if last else "还没有备份过。"
        yield Finding(
            "备份",
            "超过一天没有备份",
            when,
            "请运行 minfang backup，并设为每日定时。",
            WARN,
            since=last.taken_at if last else None,
        )

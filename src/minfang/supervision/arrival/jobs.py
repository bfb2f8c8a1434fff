"""Recurring work of this room, and what it reports as broken."""

from collections.abc import Iterator

from django.conf import settings
from django.utils import timezone

from minfang.kernel.base.periodic import every
from minfang.kernel.operations.findings import BAD, Finding, source
from minfang.supervision.arrival import actions, queries

AREA = "物联接入"
WAITING = 20_000


@every(30)
def devices_seen() -> None:
    """Which devices report and which have fallen silent."""
    actions.mark_seen()


@every(24 * 3600)
def forget_old_letters() -> None:
    """Unusable messages leave after their months."""
    actions.forget_old_letters()


@source(AREA)
def what_arrives() -> Iterator[Finding]:
    """Nobody reads the broker, too much waits, readings are unaccounted for, messages cannot be used."""
    if not settings.BROKER_URL:
        return
    now = queries.standing()
    if silent := queries.silent(now.sources):
        yield Finding(
            AREA,
            "接入进程无响应",
            f"{len(silent)} 个分区无人读取",
            "请检查 minfang ingest 进程与消息中间件；恢复后积压数据会自动补入。",
            BAD,
        )
    if trouble := [s for s in now.sources if s.error]:
        advice = "请检查消息中间件和数据库。"
        yield Finding(AREA, "数据接入暂停", trouble[0].error, advice, BAD, len(trouble))
    for source_ in queries.stuck(now.sources):
        yield Finding(
            AREA,
            "分区停滞",
            f"{source_.source} 自 {timezone.localtime(source_.oldest_waiting_at):%m-%d %H:%M:%S} 起没有进展",
            "该分区设备的持续、无数据类预警暂缓，其他设备不受影响；请检查接入进程日志。",
            BAD,
            source_.pending + source_.unacked,
            source_.oldest_waiting_at,
        )
    if now.waiting > WAITING:
        yield Finding(AREA, "接入积压", f"{now.waiting} 条消息待处理", "可增加 minfang ingest 进程。")
    if now.missing:
        yield Finding(AREA, "读数对不上", f"收到而未入库 {now.missing} 条", "请联系运维核查。", BAD)
    if now.dead_today:
        advice = "请核对设备登记和报文格式。"
        yield Finding(AREA, "有无法使用的报文", f"近一日 {now.dead_today} 种", advice, count=now.dead_today)

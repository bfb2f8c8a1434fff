"""``minfang iot status``: what arrives, what waits, what could not be used."""

import argparse
from datetime import datetime

from minfang.project.commands import Add


def register(add: Add) -> None:
    """Bring in the command."""
    command = add("iot", run, "物联接入：各数据源的积压、入库、重复、迟到、隔离、死信")
    command.add_argument("action", choices=["status"])


def run(_: argparse.Namespace) -> int:
    """Print it; 0 when all is well."""
    from minfang.project.cli import prepare_django

    prepare_django()
    from minfang.supervision.arrival import queries

    now = queries.standing()
    heads = ("消息", "读数", "入库", "重复", "冲突", "迟到", "隔离", "死信", "待取", "未确认", "最早未确认")
    print(f"{'数据源':<21}" + "".join(f"{head:>8}" for head in heads[:4]) + "  ".join(("", *heads[4:])))
    for s in now.sources:
        counts = (s.messages, s.readings, s.stored, s.duplicates, s.conflicts)
        rest = (s.late, s.quarantined, s.dead, s.pending, s.unacked)
        wide = "".join(f"{count:>10}" for count in counts[:4])
        narrow = "".join(f"{count:>6}" for count in (counts[4], *rest))
        print(f"{s.source:<24}{wide}{narrow}{_age(s.oldest_waiting_at)}")
        if s.error:
            print(f"    故障：{s.error}")
    print(
        f"读数 {now.readings} = 入库 {now.stored} + 重复 {now.duplicates} + 冲突，对不上 {now.missing}；"
        f"积压 {now.waiting}，最早未确认 {now.oldest_waiting or '无'}；待汇总 {now.unrolled}"
    )
    print(
        f"近一日：隔离 {now.quarantined_today}，数值冲突 {now.conflicts_today}，"
        f"死信 {now.dead_today} 种（共 {now.dead} 条）"
    )
    silent = queries.silent(now.sources)
    for s in queries.stuck(now.sources):
        print(f"分区停滞：{s.source} 已 {_age(s.oldest_waiting_at).strip()} 没有进展，其设备的计时类预警暂缓")
    if silent:
        print(f"接入进程未运行或无响应：{'、'.join(s.source for s in silent)}")
    return 1 if now.missing or silent else 0


def _age(since: datetime | None) -> str:
    """How long the oldest message has waited."""
    from minfang.kernel.base import clock

    return f"{(clock.now() - since).total_seconds():>10.0f} 秒" if since else f"{'—':>10}"

"""``minfang outbox``: how the messages to outside platforms stand, and what a person may do with one."""

import argparse
from typing import Any

from minfang.project.commands import Add

ACTIONS = ("status", "resend", "cancel", "verify")


def register(add: Add) -> None:
    """Bring in the command."""
    command = add("outbox", run, "推送：各平台状态；重新发送、取消一条；核对留存的往来记录")
    command.add_argument("action", choices=ACTIONS)
    command.add_argument("number", nargs="?", type=int, help="推送编号")
    command.add_argument("--reason", default="", help="取消的原因，记入审计日志")
    command.add_argument("--by", default="", help="取消的经手人账号")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; 0 when all is well."""
    from minfang.project.cli import prepare_django

    prepare_django()
    return {"status": _status, "resend": _resend, "cancel": _cancel, "verify": _verify}[options.action](
        options
    )


def _status(_: argparse.Namespace) -> int:
    from minfang.kernel.exchange.models import OutboxState
    from minfang.kernel.exchange.queries import status

    for platform in status():
        counts = "，".join(f"{OutboxState(state).label} {n}" for state, n in platform.counts.items()) or "无"
        waiting = f"，最早一条已等 {platform.oldest_seconds} 秒" if platform.oldest_seconds else ""
        paused = "" if platform.breaker == "CLOSED" else f"，{platform.breaker_label}"
        print(f"{platform.name:　<8}{counts}{waiting}{paused}  {platform.last_error}".rstrip())
    return 0


def _message(options: argparse.Namespace) -> Any:
    from minfang.kernel.exchange.models import OutboxMessage

    message = OutboxMessage.objects.filter(pk=options.number or 0).first()
    if message is None:
        print("没有这条推送。")
    return message


def _resend(options: argparse.Namespace) -> int:
    from minfang.kernel.base.errors import Refusal
    from minfang.kernel.exchange.actions import resend

    message = _message(options)
    if message is None:
        return 1
    try:
        resend(message, None)
    except Refusal as refusal:
        print(f"{refusal.message}{refusal.hint}")
        return 1
    print(f"已排到最前：{message}")
    return 0


def _cancel(options: argparse.Namespace) -> int:
    from minfang.kernel.base.errors import Refusal
    from minfang.kernel.exchange.actions import cancel
    from minfang.kernel.iam.models import Person

    message, person = _message(options), Person.objects.filter(username=options.by).first()
    if message is None:
        return 1
    if person is None:
        print("请用 --by 写明经手人账号：取消须有人负责。")
        return 1
    try:
        cancel(message, person, options.reason)
    except Refusal as refusal:
        print(f"{refusal.message}{refusal.hint}")
        return 1
    print(f"已取消：{message}")
    return 0


def _verify(_: argparse.Namespace) -> int:
    """Go through the kept tries; every changed one is named."""
    from minfang.kernel.exchange.actions.recording import altered
    from minfang.kernel.exchange.models import DeliveryAttempt

    changed = 0
    for attempt in altered():
        changed += 1
        at = f"{attempt.started_at:%Y-%m-%d %H:%M:%S}"
        print(f"被改动：推送 {attempt.message_id} 第 {attempt.number} 次，{at}")
    bare = DeliveryAttempt.objects.filter(mac="-").count()
    print(f"共 {DeliveryAttempt.objects.count()} 条往来记录，改动 {changed} 条，启用保护前的 {bare} 条。")
    return 1 if changed else 0

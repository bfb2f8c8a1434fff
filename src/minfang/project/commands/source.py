"""``minfang source``: third systems that report alarm events over HTTP, and their keys."""

import argparse

from minfang.project.commands import Add


def register(add: Add) -> None:
    """``minfang source list | add CODE NAME | renew CODE | off CODE | on CODE``."""
    command = add("source", run, "第三方事件来源：登记、更换密钥、停用、启用；密钥只显示一次")
    command.add_argument("action", choices=["list", "add", "renew", "off", "on"])
    command.add_argument("code", nargs="?", default="", help="来源编码，如 fire-119（报文头 X-Source）")
    command.add_argument("name", nargs="?", default="", help="名称，登记时填写")


def run(options: argparse.Namespace) -> int:
    """Carry it out; 1 with the reason when it is refused."""
    from minfang.project.cli import prepare_django

    prepare_django()
    from minfang.kernel.base.errors import Refusal

    try:
        _act(options)
    except Refusal as refusal:
        print(refusal.message, *(field.message for field in refusal.fields))
        return 1
    return 0


def _act(options: argparse.Namespace) -> None:
    from minfang.supervision.arrival import actions
    from minfang.supervision.arrival.models import ThirdSource

    if options.action == "list":
        for row in ThirdSource.objects.all():
            state = "启用" if row.enabled else "停用"
            print(f"{row.code:<28} {state} 密钥自 {row.renewed_at:%Y-%m-%d} {row.name}")
    elif options.action == "add":
        print(f"密钥（只显示这一次）：{actions.add_third_source(options.code, options.name)}")
    elif options.action == "renew":
        print(f"新密钥（只显示这一次，旧密钥已失效）：{actions.renew_third_key(options.code)}")
    else:
        actions.switch_third_source(options.code, options.action == "on")
        print("已启用。" if options.action == "on" else "已停用。")

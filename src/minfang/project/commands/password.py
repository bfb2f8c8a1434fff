"""``minfang password``: set or reset the password of a member of staff at the machine itself."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from typing import Any

Add = Callable[..., argparse.ArgumentParser]
FROM_ENVIRONMENT = "MINFANG_NEW_PASSWORD"


def register(add: Add) -> None:
    """Add the command."""
    command = add("password", run, "为工作人员设置口令：缺省生成一次性口令，首次登录须修改")
    command.add_argument("username", help="用户名")
    command.add_argument(
        "--keep",
        action="store_true",
        help=f"设置长期口令（仅演示环境；从 {FROM_ENVIRONMENT} 或键盘读取，须符合口令规则）",
    )


def run(options: argparse.Namespace) -> int:
    """The first administrator of a new installation gets in this way; everybody else by the pages."""
    import django

    django.setup()
    from django.conf import settings

    from minfang.kernel.base.errors import Refusal
    from minfang.kernel.iam import names
    from minfang.kernel.iam.models import Person, PersonKind

    person = Person.objects.filter(username=names.normal(options.username), kind=PersonKind.STAFF).first()
    if person is None:
        print("没有这个工作人员账号。")
        return 1
    if options.keep and not settings.DEMO:
        print("长期口令只能在演示环境这样设置；正式环境请用一次性口令，首次登录修改。")
        return 1
    try:
        return _keep(person) if options.keep else _one_time(person)
    except Refusal as refusal:
        print(refusal.message, *(field.message for field in refusal.fields))
        return 1


def _one_time(person: Any) -> int:
    from minfang.kernel.iam import actions

    print(f"一次性口令（只显示这一次）：{actions.reset_password(person, by=None, reason='命令行重置')}")
    return 0


def _keep(person: Any) -> int:
    from minfang.kernel.iam import actions

    given = os.environ.get(FROM_ENVIRONMENT, "")
    if not given and sys.stdin.isatty():
        given = getpass.getpass("新口令：")
    actions.set_lasting_password(person, given, reason="演示环境")
    print("口令已设置。")
    return 0

"""``minfang load`` and ``minfang administrators``: from an empty database to where people can work."""

import argparse

from minfang.project.commands import Add

FIRST = (
    ("sys.admin", "系统管理员", "sys_admin"),
    ("sec.admin", "安全管理员", "sec_admin"),
    ("sec.second", "安全复核员", "sec_admin"),
    ("audit.admin", "审计员", "auditor"),
)


def load(_: argparse.Namespace) -> int:
    """Migrate, and load every definition; harmless to repeat."""
    from minfang.project import cli

    cli.prepare_django()
    cli.migrate()
    cli.load()
    print("数据库已是现行版本，定义已装载。")
    return 0


def administrators(_: argparse.Namespace) -> int:
    """The first three kinds of administrator, once: everybody else is made by them, in the browser."""
    from minfang.project import cli

    cli.prepare_django()
    from django.db import transaction

    from minfang.kernel.iam import actions
    from minfang.kernel.iam.models import Organization, RoleGrant

    if RoleGrant.objects.exclude(family="BUSINESS").exists():
        print("已有管理员，不再建立。忘记口令请用 minfang password 用户名。")
        return 1
    city = Organization.objects.filter(code="SH-CITY").first()
    if city is None:
        print("机构尚未装载，请先运行 minfang load。")
        return 1
    with transaction.atomic():
        made = []
        for username, name, role in FIRST:
            person = actions.ensure_staff(username, name, city, [role], title=name)
            made.append((username, name, actions.reset_password(person, by=None, reason="首次建立管理员")))
    print("一次性口令只显示这一次，首次登录须修改；之后请由安全管理员为其绑定证书或动态口令：")
    for username, name, password in made:
        print(f"  {username:<14}{name:　<6} {password}")
    return 0


def register(add: Add) -> None:
    """Name the two commands."""
    add("load", load, "升级数据库并装载定义（正式环境安装和升级时运行）")
    add("administrators", administrators, "首次建立系统、安全、审计管理员，显示一次性口令")

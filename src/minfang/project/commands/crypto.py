"""Cryptography at the command line: known answers, keys, rotation, sealing anew."""

import argparse

from minfang.project.commands import Add


def register(add: Add) -> None:
    """``minfang crypto selftest|keys|rotate|reseal|rewrap``."""
    command = add("crypto", crypto, "密码：算法自检、密钥、轮换、重新加密")
    actions = command.add_subparsers(dest="action", required=True)
    testing = actions.add_parser("selftest", help="以标准测试向量自检 SM2、SM3、SM4")
    testing.add_argument("--long", action="store_true", help="包括 SM4 一百万轮")
    actions.add_parser("keys", help="列出密钥")
    actions.add_parser("rotate", help="轮换密钥").add_argument("purpose", choices=["field", "file"])
    again = actions.add_parser("reseal", help="用现行密钥重新加密旧数据，可随时中断、重复执行")
    again.add_argument("--table", default="", help="只处理一张表")
    wrapping = actions.add_parser("rewrap", help="更换密码服务后，用新服务重新包装密钥")
    wrapping.add_argument("--from", dest="source", default="local", choices=["local", "http0136"])


def selftest(long: bool = False) -> int:
    """Check the algorithms against their published known answers; exit 1 when one differs."""
    from minfang.kernel.crypto.selftest import selftest as run

    checks = run(long=long)
    for check in checks:
        print(f"{'通过' if check.passed else '不符'}  {check.name}  {check.detail}".rstrip())
    return 0 if all(check.passed for check in checks) else 1


def crypto(options: argparse.Namespace) -> int:
    """Run the action named."""
    if options.action == "selftest":
        return selftest(options.long)
    from minfang.kernel.base.errors import Refusal
    from minfang.kernel.crypto.local import NoKey, Tampered
    from minfang.kernel.crypto.port import CryptoMisconfigured, CryptoUnavailable
    from minfang.project.cli import prepare_django

    prepare_django()
    known = {"keys": _keys, "rotate": _rotate, "reseal": _reseal, "rewrap": _rewrap}
    try:
        return known[options.action](options)
    except Refusal as refusal:
        print(f"{refusal.message}{refusal.hint}")
    except (CryptoUnavailable, CryptoMisconfigured, NoKey) as error:
        print(error)
    except Tampered as error:
        print(f"有数据无法解开，已停止，已完成的部分有效：{error}")
    return 1


def _keys(_: argparse.Namespace) -> int:
    from minfang.kernel.administration.keys.queries import usage_of
    from minfang.kernel.crypto.models import CryptoKey

    fields, files = usage_of("field"), usage_of("file")
    counted = {"field": fields, "file": files}
    for key in CryptoKey.objects.all():
        count = f"{counted[key.purpose][key.pk]} 项" if key.purpose in counted else ""
        print(f"{key.pk:>4}  {key}  {key.wrapped_by}  {key.created_at:%Y-%m-%d}  {count}".rstrip())
    if old := fields[0] + files[0]:
        print(f"   -  旧格式（派生密钥）  {old} 项，可运行 minfang crypto reseal")
    return 0


def _rotate(options: argparse.Namespace) -> int:
    from django.db import transaction

    from minfang.kernel.audit.actions import record
    from minfang.kernel.crypto import actions

    with transaction.atomic():
        key = actions.rotate(options.purpose, "命令行")
        record("key.rotate", person=None, target=key, summary=f"命令行轮换密钥：{key}")
    print(f"已启用 {key}；一小时内其他进程陆续改用。")
    return 0


def _reseal(options: argparse.Namespace) -> int:
    from django.db import transaction

    from minfang.kernel.audit.actions import record
    from minfang.kernel.crypto.resealing import reseal
    from minfang.kernel.files import resealing as files

    def report(table: str, seen: int, changed: int) -> None:
        print(f"\r{table}：已查 {seen} 行，重新加密 {changed} 行", end="", flush=True)

    changed = reseal(options.table, report) + files.reseal(options.table, report)
    with transaction.atomic():
        target = options.table or "crypto"
        record("key.reseal", person=None, target=target, summary=f"命令行重新加密 {changed} 行")
    print(f"\n完成，共重新加密 {changed} 行。")
    return 0


def _rewrap(options: argparse.Namespace) -> int:
    from django.db import transaction

    from minfang.kernel.audit.actions import record
    from minfang.kernel.crypto import actions, port
    from minfang.kernel.crypto.adapters import build

    with transaction.atomic():
        moved = actions.rewrap(build(options.source))
        name = port.current().name
        record("key.rewrap", person=None, target="crypto", summary=f"密钥改由 {name} 包装：{moved} 把")
    print(f"已由 {name} 包装 {moved} 把密钥。")
    return 0

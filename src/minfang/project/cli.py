"""The command line ``minfang``."""

import argparse
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minfang.project.commands import register_all

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minfang.project.settings")

ROOT = Path(__file__).resolve().parents[3]


def home() -> Path:
    """Where the running instance keeps what it writes."""
    return Path(os.environ.get("MINFANG_HOME", ROOT / "var"))


def prepare_django() -> None:
    """Load the settings; only after the database address is known."""
    import django

    django.setup()


def migrate(quiet: bool = True) -> None:
    """Bring the database to the present state of the models."""
    from django.core.management import call_command

    from minfang.project import privileges

    with privileges.as_owner():
        call_command("migrate", interactive=False, verbosity=0 if quiet else 1)
    privileges.grant_to_product()


def load() -> None:
    """Load all definitions; what did not change stays as it is."""
    from minfang.services.actions import publishing

    publishing.load_all()
    from minfang.supervision.rules import actions as rules

    rules.load_shipped()


def _banner(runtime: dict[str, Any]) -> None:
    from minfang.project.demonstration import is_demo
    from minfang.services import demo_directory

    print(f"\n上海民防一体化平台已启动：{runtime['url']}")
    for face, path in (
        ("办事门户", "/"),
        ("办公", "/office"),
        ("移动办公", "/m"),
        ("系统管理", "/admin"),
        ("大屏", "/screen"),
    ):
        print(f"  {face:　<4} {runtime['url']}{path}")
    for port in runtime["taken"]:
        print(f"  （{port} 端口已被占用，已改用其他端口）")
    if is_demo():
        print(f"  外部平台沙箱 {runtime['sandbox']}/")
        print("\n演示环境账号（登录页可一键登录，数据均为虚构）：")
        for account in demo_directory.accounts():
            print(f"  {account.username:<14}{account.role_label:　<8}{account.place}  {account.name}")
    print("\n按 Ctrl-C 停止；再次运行 make up 数据仍在；make reset 清空数据。", flush=True)


def up(options: argparse.Namespace) -> int:
    """Start everything and stay until Ctrl-C."""
    from minfang.project.commands.crypto import selftest
    from minfang.project.demonstration import is_demo
    from minfang.project.supervisor import AlreadyRunning, Supervisor

    supervisor = Supervisor(home())
    try:
        supervisor.lock()
    except AlreadyRunning as running:
        print(f"此目录的平台已在运行：{running}")
        return 1
    try:
        if selftest() != 0:
            print("密码算法自检未通过，拒绝启动。")
            return 1
        supervisor.start_database()
        runtime = supervisor.choose_addresses()
        prepare_django()
        from minfang.project import manifest

        if objection := manifest.objection():
            print(objection)
            return 1
        if not manifest.present(ROOT):
            print("没有发布清单，按开发环境启动。")
        migrate()
        load()
        if is_demo():
            from minfang.sandbox import demo

            demo.ensure()
        from django.db import connections

        connections.close_all()
        supervisor.run(_banner, runtime)
        print("\n正在停止……", flush=True)
        return 0
    finally:
        supervisor.shut_down()


def worker(_: argparse.Namespace) -> int:
    """Deliver the outbox and keep the clocks; stops on SIGTERM after the message in hand."""
    prepare_django()
    from minfang.project import manifest
    from minfang.project.worker import run

    if objection := manifest.objection():
        print(objection)
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(stop)
    return 0


def reset(options: argparse.Namespace) -> int:
    """Delete the data of this checkout's instance."""
    from minfang.project.postgres import EmbeddedPostgres
    from minfang.project.supervisor import AlreadyRunning, Supervisor

    try:
        Supervisor(home()).lock()
    except AlreadyRunning as running:
        print(f"平台正在运行（{running}），请先停止。")
        return 1
    if not options.yes and sys.stdin.isatty() and input("将清空全部数据，输入 yes 确认：") != "yes":
        return 1
    EmbeddedPostgres(home() / "postgres").stop()
    for name in ("postgres", "files", "sandbox", "logs", "keys", "audit-heads", "metrics", "broker"):
        shutil.rmtree(home() / name, ignore_errors=True)
    print("已清空。")
    return 0


def openapi(options: argparse.Namespace) -> int:
    """Write the API document, or compare it with the committed one (exit 1 on a difference)."""
    prepare_django()
    from minfang.project.api import api

    text = json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1) + "\n"
    target = ROOT / "docs" / "openapi.json"
    if options.check:
        same = target.exists() and target.read_text() == text
        print("接口文档一致" if same else "接口文档与代码不一致，请运行 minfang openapi")
        return 0 if same else 1
    target.write_text(text)
    return 0


def features(_: argparse.Namespace) -> int:
    """Join the feature ledger with the marks of the tests."""
    from minfang.project.ledger import report

    return report(ROOT)


def manage(options: argparse.Namespace) -> int:
    """Run a Django management command; ``migrate`` as the owner of the tables."""
    from django.core.management import execute_from_command_line

    if options.arguments == ["migrate"]:
        prepare_django()
        migrate(quiet=False)
        return 0
    execute_from_command_line(["minfang", *options.arguments])
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands that exist."""
    top = argparse.ArgumentParser(prog="minfang", description="上海民防一体化平台命令行")
    commands = top.add_subparsers(dest="command", required=True)

    def add(name: str, function: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(function=function)
        return command

    add("up", up, "启动全部服务（数据库、网站、后台任务、沙箱），Ctrl-C 停止")
    add("worker", worker, "只运行后台任务")
    add("reset", reset, "清空本目录实例的数据").add_argument("--yes", action="store_true", help="不再询问")
    add("openapi", openapi, "写出接口文档 docs/openapi.json").add_argument(
        "--check", action="store_true", help="只比对，不一致时退出码为 1"
    )
    add("features", features, "功能台账：已完成、部分、未做")
    register_all(add)
    add("manage", manage, "运行 Django 管理命令").add_argument("arguments", nargs=argparse.REMAINDER)
    return top


def main() -> None:
    """Entry point of the ``minfang`` command."""
    options = parser().parse_args()
    sys.exit(options.function(options))


if __name__ == "__main__":
    main()

"""``minfang backup`` and ``minfang restore``."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minfang.project.commands import Add


@contextmanager
def _database(*, alone: bool) -> Iterator[None]:
    """The database of this home, running or started for the purpose; ``alone``: nothing else may run."""
    from minfang.project import cli
    from minfang.project.supervisor import AlreadyRunning, Supervisor

    if os.environ.get("DATABASE_URL"):
        cli.prepare_django()
        yield
        return
    supervisor = Supervisor(cli.home())
    try:
        supervisor.lock()
    except AlreadyRunning as running:
        if alone:
            raise SystemExit(f"平台正在运行（{running}），请先停止再恢复。") from None
        cli.prepare_django()
        yield
        return
    try:
        supervisor.start_database()
        cli.prepare_django()
        yield
    finally:
        from django.db import connections

        connections.close_all()
        supervisor.shut_down()


def backup(options: argparse.Namespace) -> int:
    """Back up database and files of this instance into a new folder."""
    with _database(alone=False):
        from minfang.kernel.operations import actions as operations
        from minfang.project import backups

        try:
            taken = backups.take(Path(options.to))
        except (backups.BadBackup, OSError) as problem:
            print(f"备份失败：{problem}")
            return 1
        operations.backed_up(str(taken.folder), taken.size, taken.digest)
        print(f"已备份到 {taken.folder}（{taken.size / 2**20:.1f} MB）。")
        print("主密钥不在备份中，请另行妥善保管：没有主密钥，备份无法恢复。")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Check a backup, put it in place, bring it to the present release, and verify every chain."""
    folder = Path(options.folder)
    with _database(alone=True):
        from minfang.kernel.audit import verification
        from minfang.project import backups, cli

        try:
            manifest = backups.check(folder)
            print(f"备份完好：{manifest['taken_at'][:19].replace('T', ' ')}，版本 {manifest['version']}。")
            if options.check_only:
                return 0
            if not options.yes and not _agreed():
                return 1
            backups.restore(folder)
        except backups.BadBackup as problem:
            print(f"未恢复：{problem}")
            return 1
        cli.migrate()
        print("正在核验审计链……")
        report = verification.verify()
        wrong = [str(finding) for finding in report.findings] + backups.verify(manifest)
        for line in wrong:
            print(f"不符  {line}")
        if wrong:
            return 1
        print(f"恢复完成：审计日志 {report.entries} 条核验通过，数据、文件、编号与备份时一致。")
    return 0


def _agreed() -> bool:
    question = "将以备份替换现有数据（原数据库保留为 …_before_restore），输入 yes 确认："
    return not sys.stdin.isatty() or input(question) == "yes"


def register(add: Add) -> None:
    """Name the two commands."""
    add("backup", backup, "备份数据库和文件").add_argument(
        "--to", default="backups", help="备份目录（默认 backups）"
    )
    command = add("restore", restore, "从备份恢复，并核验审计链、文件和编号")
    command.add_argument("folder", help="备份文件夹")
    command.add_argument("--yes", action="store_true", help="不再询问")
    command.add_argument("--check-only", action="store_true", help="只检查备份是否完好，不恢复")

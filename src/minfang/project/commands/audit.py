"""``minfang audit``: verify the trail, show its daily heads, archive what is old."""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from minfang.project.commands import Add

EVERY_SECONDS = 2.0


def register(add: Add) -> None:
    """Bring in the command."""
    command = add("audit", run, "审计：校验日志链，查看每日链头，归档")
    actions = command.add_subparsers(dest="action", required=True)
    verify = actions.add_parser("verify", help="逐条校验；有改动、缺失、插入、调换时退出码为 1")
    verify.add_argument("--from", dest="since", type=date.fromisoformat, help="起始日期，如 2026-01-01")
    verify.add_argument("--to", dest="until", type=date.fromisoformat, help="截止日期（含当日）")
    actions.add_parser("heads", help="每日签名链头及其状态").add_argument(
        "--write", action="store_true", help="当日链头尚未生成时立即生成"
    )
    archive = actions.add_parser("archive", help="归档并清除较早的日志（以数据库属主身份）")
    archive.add_argument("--before", type=date.fromisoformat, required=True, help="归档此日期之前的日志")
    archive.add_argument("--folder", type=Path, required=True, help="归档包存放目录")
    package = actions.add_parser("check-package", help="核对导出包或归档包的签名与内容")
    package.add_argument("file", type=Path)


def run(options: argparse.Namespace) -> int:
    """Do what was asked; 0 when all is well."""
    from minfang.project.cli import prepare_django

    prepare_django()
    chosen: dict[str, Callable[[argparse.Namespace], int]] = {
        "verify": _verify,
        "heads": _heads,
        "archive": _archive,
        "check-package": _check_package,
    }
    return chosen[options.action](options)


def _instant(day: date | None) -> datetime | None:
    from minfang.kernel.base.clock import SHANGHAI

    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) if day else None


def _verify(options: argparse.Namespace) -> int:
    from minfang.kernel.audit.checking import check

    until = options.until + timedelta(days=1) if options.until else None
    begun = time.monotonic()
    report = check(_instant(options.since), _instant(until), person=None, progress=_progress())
    seconds = time.monotonic() - begun
    print(f"已校验 {report.entries} 条、{report.chains} 条链，用时 {seconds:.1f} 秒")
    for finding in report.findings:
        print(f"  {finding}")
    print("审计日志完整。" if report.sound else "审计日志有问题，以上为每条链第一处。")
    return 0 if report.sound else 1


def _progress() -> Callable[[int, int], None]:
    """Writes how far it is every few seconds, to the standard error."""
    last = [time.monotonic()]

    def tell(done: int, total: int) -> None:
        if time.monotonic() - last[0] >= EVERY_SECONDS:
            last[0] = time.monotonic()
            print(f"  {done}/{total}（{100 * done // max(total, 1)}%）", file=sys.stderr, flush=True)

    return tell


def _heads(options: argparse.Namespace) -> int:
    from minfang.kernel.audit import daily
    from minfang.kernel.audit.models import AuditHead
    from minfang.kernel.crypto.port import CryptoUnavailable

    if options.write:
        try:
            daily.write()
        except CryptoUnavailable as error:
            print(f"链头未写：{error}")
    wrong = 0
    rows: Any = AuditHead.objects.order_by("-day")
    for head in rows:
        state = daily.state_of(head)
        wrong += bool(state)
        print(f"{head.day}  {head.taken_at:%H:%M:%S}  {state or '签名、时间戳、异地文件一致'}")
    if not rows:
        print("尚无每日链头。")
    return 1 if wrong else 0


def _archive(options: argparse.Namespace) -> int:
    from minfang.kernel.audit import archives
    from minfang.kernel.base.errors import Refusal
    from minfang.kernel.iam import policy
    from minfang.project import privileges

    keep = policy.current().audit_online_days
    try:
        with privileges.as_owner():
            path, count = archives.archive(options.before, folder=options.folder, keep_days=keep)
    except Refusal as refusal:
        print(f"{refusal.message}{refusal.hint}")
        return 1
    print(f"已归档 {count} 条：{path}")
    return 0


def _check_package(options: argparse.Namespace) -> int:
    from minfang.kernel.audit import exporting

    with options.file.open("rb") as file:
        manifest, wrong = exporting.check(file)
    print(wrong or f"签名与内容一致：{manifest['count']} 条")
    return 1 if wrong else 0

"""``minfang rules``: try a rule on stored history, and test rules written as files."""

import argparse
from datetime import datetime
from pathlib import Path

from minfang.project.commands import Add


def register(add: Add) -> None:
    """Bring in the command."""
    command = add("rules", run, "预警规则：backtest 规则编号，以历史数据试算；test 文件，检验写成文件的规则")
    command.add_argument("action", choices=("backtest", "test"))
    command.add_argument("what", help="规则编号，或 .toml 文件")
    command.add_argument("--from", dest="start", default="", help="起始日期，如 2026-07-01")
    command.add_argument("--to", dest="end", default="", help="截止日期（含）")
    command.add_argument("--draft", action="store_true", help="试算草稿而不是现行版本")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; 0 when all is well."""
    from minfang.project.cli import prepare_django

    prepare_django()
    return _test(options) if options.action == "test" else _backtest(options)


def _day(text: str) -> datetime | None:
    from minfang.kernel.base.clock import SHANGHAI

    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def _backtest(options: argparse.Namespace) -> int:
    from datetime import timedelta

    from minfang.supervision.rules import backtest, pages
    from minfang.supervision.rules.models import AlarmRuleVersion

    start, end = _day(options.start), _day(options.end)
    if start is None or end is None or end < start:
        print("请用 --from 和 --to 写明起止日期，如 --from 2026-07-01 --to 2026-07-14。")
        return 1
    rows = AlarmRuleVersion.objects.filter(rule__code=options.what)
    row = rows.exclude(draft_key=None).first() if options.draft else rows.exclude(live_key=None).first()
    definition = pages.read(row)
    if row is None or definition is None:
        print(f"没有规则 {options.what} 的{'草稿' if options.draft else '现行版本'}。")
        return 1
    found = backtest.run(definition, start, end + timedelta(days=1))
    print(f"{options.what} 第 {row.number} 版：{found['series']} 个序列，{found['readings']} 个读数")
    print(f"会产生预警 {found['alarms']} 条，日均 {found['per_day']}，推送 {found['pushes']} 次")
    for device in found["by_device"][:10]:
        print(f"  {device['alarms']:>5}  {device['place']} {device['device']}")
    for episode in found["episodes"][:20]:
        print(f"  {episode['at'][:16]}  {episode['level']} 级  {episode['message']}")
    return 0


def _test(options: argparse.Namespace) -> int:
    from minfang.supervision.rules import rule_files

    file = Path(options.what)
    if not file.is_file():
        print(f"没有文件 {file}。")
        return 1
    results = rule_files.check(file.read_text(encoding="utf-8"))
    for result in results:
        print(f"{'通过' if not result.faults else '不符'}  {result.name}")
        for fault in result.faults:
            print(f"      {fault}")
    failed = sum(bool(result.faults) for result in results)
    print(f"共 {len(results)} 例，不符 {failed} 例。")
    return 1 if failed or not results else 0

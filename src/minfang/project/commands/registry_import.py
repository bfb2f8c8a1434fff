"""``minfang devices import`` and ``minfang works import``: works and devices from Excel files."""

import argparse
from pathlib import Path

from minfang.project.commands import Add

SHOWN = 20


def register(add: Add) -> None:
    """Bring in the commands."""
    for kind, what in (("devices", "设备"), ("works", "工程")):
        command = add(kind, run, f"{what}：从 Excel 文件导入（import FILE.xlsx）")
        command.set_defaults(kind=kind)
        command.add_argument("action", choices=["import", "template"])
        command.add_argument("file", type=Path, help=".xlsx 文件；template 为写出模板的位置")
        command.add_argument("--dry-run", action="store_true", help="只检查，不写入")
        command.add_argument("--only-good", action="store_true", help="跳过有问题的行")
        command.add_argument("--wrong", type=Path, help="把有问题的行连同原因写到这个文件")


def run(options: argparse.Namespace) -> int:
    """Import a file; 0 when all of it was taken, 2 when rows have to be corrected."""
    from minfang.project.cli import prepare_django

    prepare_django()
    from minfang.kernel.base.errors import Refusal
    from minfang.registry import workbooks

    if options.action == "template":
        options.file.write_bytes(workbooks.template(options.kind))
        return 0
    if not options.file.is_file():
        print(f"没有文件 {options.file}")
        return 1
    try:
        return _import(options)
    except Refusal as refusal:
        print(f"{refusal.message}{refusal.hint}")
        return 2


def _import(options: argparse.Namespace) -> int:
    from minfang.registry.actions import importing
    from minfang.registry.importing.lines import WRONG, Scope
    from minfang.registry.importing.plan import judge, preview, wrong_rows

    content = options.file.read_bytes()
    judged = judge(options.kind, content, Scope.whole())
    seen = preview(judged)
    print(f"共 {seen.total} 行：新增 {seen.new}，修改 {seen.changed}，不变 {seen.same}，有问题 {seen.wrong}")
    for line in judged.of(WRONG)[:SHOWN]:
        print(f"  第 {line.number} 行  " + "；".join(f"{title}：{text}" for title, text in line.problems))
    if options.wrong and seen.wrong:
        options.wrong.write_bytes(wrong_rows(judged))
    if options.dry_run:
        return 2 if seen.wrong else 0
    done = importing.carry_out(options.kind, content, Scope.whole(), only_good=options.only_good)
    print(f"已导入：新增 {done.made}，修改 {done.changed}，跳过 {done.skipped}")
    return 2 if done.skipped else 0

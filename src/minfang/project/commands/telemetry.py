"""``minfang telemetry import``: stock history of sensors from a file."""

import argparse
import csv
from pathlib import Path
from zoneinfo import ZoneInfo

from minfang.project.commands import Add

HELP = "字段与列的对应，如 time=时间,value=数值,device=@设备通信标识,metric=@TEMP（@ 后为整个文件通用的值）"


def register(add: Add) -> None:
    """Bring in the command."""
    command = add("telemetry", run, "物联读数：从 CSV 文件接入历史存量数据，可中断、可重复")
    command.add_argument("action", choices=["import"])
    command.add_argument("file", type=Path)
    command.add_argument("--map", required=True, help=HELP)
    command.add_argument("--zone", default="Asia/Shanghai", help="未写时区的时间属于哪个时区")
    command.add_argument("--report", type=Path, help="未接收的行写入此文件，缺省为 <文件名>.refused.csv")
    command.add_argument("--again", action="store_true", help="从头再读一遍；已有的不会重复")


def run(options: argparse.Namespace) -> int:
    """Import; 0 when every row was taken, 1 when some were refused or the mapping does not fit."""
    from minfang.project.cli import prepare_django

    prepare_django()
    from minfang.supervision.arrival.sources import files

    target = options.report or Path(f"{options.file.name}.refused.csv")
    refused: list[files.Refused] = []

    def progress(report: files.Report) -> None:
        if refused:
            with target.open("a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows((row.line, row.reason, row.content) for row in refused)
            refused.clear()
        print(f"\r已读 {report.skipped + report.read} 行", end="", flush=True)

    try:
        report = files.import_csv(
            options.file,
            files.parse_map(options.map),
            ZoneInfo(options.zone),
            refused.append,
            progress,
            options.again,
        )
    except (files.BadMap, OSError) as error:
        print(error)
        return 1
    print(
        f"\n本次读 {report.read} 行（此前已读 {report.skipped}），入库 {report.stored}，"
        f"已有 {report.duplicates}，数值不同 {report.conflicts}，未接收 {report.refused}"
    )
    for reason, count in sorted(report.reasons.items(), key=lambda item: -item[1])[:10]:
        print(f"  {count:>8}  {reason}")
    if report.refused:
        print(f"未接收的行见 {target}")
    return 1 if report.refused else 0

"""Cases at the command line: look at their seals, settle one that was changed past the product."""

import argparse

from minfang.project.commands import Add


def register(add: Add) -> None:
    """``minfang cases check|settle``."""
    command = add("cases", cases, "办件：核对数据完整性，核查后认可被改动的办件")
    actions = command.add_subparsers(dest="action", required=True)
    actions.add_parser("check", help="核对全部办件的状态、时限校验码，不符的逐一告警")
    settling = actions.add_parser("settle", help="核查更正之后，认可该办件的现值")
    settling.add_argument("number", help="办件编号")
    settling.add_argument("--reason", required=True, help="核查结果，记入审计日志")


def cases(options: argparse.Namespace) -> int:
    """Run the action named; exit 1 when a case does not agree with its seal."""
    from minfang.kernel.base.errors import Refusal
    from minfang.project.cli import prepare_django

    prepare_django()
    from minfang.services.actions import seals

    if options.action == "check":
        broken = seals.check()
        print(f"{broken} 件办件的数据与校验码不符，已告警。" if broken else "全部办件的数据与校验码相符。")
        return 1 if broken else 0
    try:
        case = seals.settle(options.number, reason=options.reason)
    except Refusal as refusal:
        print(f"{refusal.message}{refusal.hint}")
        return 1
    print(f"办件 {case.internal_no} 的现值（{case.get_status_display()}）已认可。")
    return 0

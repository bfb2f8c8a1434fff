"""Process definitions at the command line: check a BPMN file, write a published one out."""

import argparse
import sys
import tomllib
from pathlib import Path

from minfang.project.commands import Add

IAM = Path(__file__).resolve().parents[2] / "kernel" / "iam" / "definitions" / "roles.toml"


def register(add: Add) -> None:
    """``minfang process check FILE`` and ``minfang process export CODE [VERSION]``."""
    command = add("process", process, "流程定义：检查 BPMN 文件，导出已发布的流程")
    actions = command.add_subparsers(dest="action", required=True)
    checking = actions.add_parser("check", help="检查 BPMN 文件能否作为流程使用")
    checking.add_argument("file", type=Path)
    exporting = actions.add_parser("export", help="导出一个版本的 BPMN")
    exporting.add_argument("code", help="流程编码")
    exporting.add_argument("version", nargs="?", type=int, help="版本，缺省为现行版本")
    exporting.add_argument("-o", "--output", type=Path, help="写入文件，缺省为标准输出")


def process(options: argparse.Namespace) -> int:
    """Run the action named."""
    from minfang.project.cli import prepare_django

    prepare_django()
    return check(options) if options.action == "check" else export(options)


def check(options: argparse.Namespace) -> int:
    """Say what is wrong with a BPMN file, line by line; 0 when it could be published as it is."""
    from minfang.kernel.workflow import validation
    from minfang.kernel.workflow.bpmn_import import from_bpmn
    from minfang.kernel.workflow.findings import located

    try:
        content = options.file.read_bytes()
    except OSError as error:
        print(f"无法读取 {options.file}：{error.strerror}", file=sys.stderr)
        return 1
    roles = {role["code"]: role["name"] for role in tomllib.loads(IAM.read_text())["role"]}
    found = from_bpmn(content, roles)
    marks = {"error": "错误", "note": "提示"}
    for finding in found.findings:
        print(f"[{marks[finding.level]}] {finding}")
    faults = validation.check(found.graph, roles) if found.graph else []
    for fault in located(found.graph or {}, faults):
        line = found.lines.get(fault.node)
        print(f"[错误] {f'第 {line} 行 ' if line else ''}{fault.message}。{fault.advice}")
    wrong = len(found.errors) + len(faults)
    print(f"{options.file.name}：{f'{wrong} 处错误' if wrong else '检查通过'}")
    return 1 if wrong else 0


def export(options: argparse.Namespace) -> int:
    """Write a published version as BPMN 2.0."""
    from minfang.kernel.base.errors import Refusal
    from minfang.kernel.workflow.publishing import as_bpmn

    try:
        text = as_bpmn(options.code, options.version)
    except Refusal as refusal:
        print(f"{refusal.message}{refusal.hint}", file=sys.stderr)
        return 1
    if options.output:
        options.output.write_text(text)
        print(f"已写入 {options.output}")
    else:
        print(text, end="")
    return 0

"""Faults of a definition at the node they concern, with what to do about each."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

POSITION = re.compile(r"第 (\d+) 个节点")
# a part of the fault's sentence, and what to do about it
ADVICE = (
    ("没有办理结果", "在该步骤的“办理结果”中至少写一项。"),
    ("没有去向", "为这个办理结果选择下一步。"),
    ("多条去向", "每个办理结果只留一条去向。"),
    ("没有办理角色", "选择由哪个角色办理。"),
    ("办理角色", "从角色列表中另选，或先由安全管理员建立该角色。"),
    ("其他情况", "留一条“其他情况”分支，条件都不满足时走这里。"),
    ("到不了任何结束", "把它连到后面的步骤或结束。"),
    ("到不了", "把前面的步骤连到它，或删去该步骤。"),
    ("不存在的节点", "重新选择去向。"),
    ("汇聚", "每条并行分支都应连到同一个汇聚点，且不从块外连入。"),
    ("并行块", "并行块应一进一出，先汇聚再继续。"),
    ("未声明的数据", "从数据列表中选择，或在“判断数据”中先声明。"),
    ("条件", "重新填写条件，如 required_area >= 1000。"),
    ("退回", "只能退回到它之前、同一条线上的步骤。"),
    ("时限", "填写不小于 1 的整数和单位。"),
    ("编码", "使用大写字母开头的编码，如 N20_ACCEPT。"),
    ("补正节点", "在“补正与特别程序”中加上补正节点，或取消该步骤的补正。"),
    ("特别程序节点", "在“补正与特别程序”中加上特别程序节点，或取消该步骤的特别程序。"),
    ("会签", "检查席位、规则与办理结果。"),
    ("成环", "在环上放一个办理步骤，或改变连线。"),
    ("出线", "检查该节点的连线。"),
    ("入线", "删去指向它的连线。"),
)


@dataclass(frozen=True)
class Fault:
    """One fault: where (a node code, or nothing), what, and what to do."""

    node: str
    message: str
    advice: str


def located(raw: Mapping[str, Any], faults: Iterable[str]) -> list[Fault]:
    """The sentences of ``validation.check`` with the node each speaks of first."""
    nodes = [node for node in raw.get("nodes") or [] if isinstance(node, dict)]
    codes = [str(node.get("code", "")) for node in nodes]
    return [Fault(_node(codes, text), text, _advice(text)) for text in faults]


def _node(codes: list[str], text: str) -> str:
    by_position = POSITION.search(text)
    if by_position and int(by_position[1]) <= len(codes):
        return codes[int(by_position[1]) - 1]
    words = re.findall(r"[A-Za-z][A-Za-z0-9_]*", text)
    return next((word for word in words if word in codes), "")


def _advice(text: str) -> str:
    return next((advice for words, advice in ADVICE if words in text), "")

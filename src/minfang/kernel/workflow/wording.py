"""Definitions in the words an officer reads: conditions, limits, roles, differences."""

import re
from collections.abc import Mapping
from typing import Any

from minfang.kernel.workflow.graph import APPLICANT, Countersign, Edge, Graph, Node

UNITS = {"working": "个工作日", "natural": "个自然日"}
KINDS = {
    "start": "开始",
    "end": "结束",
    "task": "办理步骤",
    "system": "系统环节",
    "exclusive": "条件分支",
    "fork": "并行开始",
    "join": "并行汇聚",
    "supplement": "补正",
    "special": "特别程序",
    "cancel": "撤销审批",
    "void": "作废审批",
}
POLICIES = {"replay": "退回后重新逐级办理", "jump_back": "退回后直送退回人", "either": "由退回人选择"}
RULES = {"all": "全部同意", "any": "一人同意", "ratio": "达到比例同意", "ordered": "依次全部同意"}
FLAGS = {
    "timed": "计入办理时限",
    "may_supplement": "可发起补正",
    "may_transfer": "可转派",
    "may_suspend": "可启动特别程序",
    "may_delegate": "可委派",
    "may_add_signer": "可加签",
}
SIGNS = {"==": "等于", "!=": "不等于", ">=": "不小于", "<=": "不大于", ">": "大于", "<": "小于"}


def named(graph: Graph, code: str) -> str:
    """A node by its name, gateways and nameless nodes by kind and code."""
    node = graph.nodes.get(code)
    if node is None:
        return code
    return node.name or f"{KINDS.get(node.kind, node.kind)} {code}"


def role(code: str, roles: Mapping[str, str]) -> str:
    """The name of a role."""
    return "申请人" if code == APPLICANT else roles.get(code, code) or "（未指定）"


def limit(node: Node) -> str:
    """A time limit in words."""
    return f"{node.limit_days} {UNITS.get(node.limit_unit, '日')}" if node.limit_days else "不限时"


def way(graph: Graph, edge: Edge) -> str:
    """One way out of a node: when it is taken and where it leads."""
    target = named(graph, edge.target)
    if edge.outcome:
        outcome = graph.node(edge.source).outcome(edge.outcome)
        return f"{(outcome and outcome.label) or edge.outcome} → {target}"
    return f"{condition(edge.when, graph)} → {target}" if edge.when else f"→ {target}"


def condition(text: str, graph: Graph) -> str:
    """A condition with node names and words for the signs; what has no words stays as written."""
    words = re.sub(r"outcomes\.(\w+)", lambda found: f"“{named(graph, found[1])}”的结果", text)
    for sign, word in SIGNS.items():
        words = re.sub(rf"\s*{re.escape(sign)}(?!=)\s*", f" {word} ", words)
    return words.replace(" and ", " 且 ").replace(" or ", " 或 ")


def countersign(rule: Countersign | None) -> str:
    """A countersigning rule in words."""
    if rule is None:
        return "不会签"
    seats = "、".join(seat.name or seat.code for seat in rule.seats)
    share = f" {rule.share}%" if rule.rule == "ratio" else ""
    return f"{seats} 会签，{RULES.get(rule.rule, rule.rule)}{share}"


def traits(graph: Graph, node: Node, roles: Mapping[str, str]) -> dict[str, tuple[str, Any]]:
    """What a step says of itself: aspect → (label, words), as far as officers care."""
    outcomes = "、".join(
        f"{one.label or one.code}{'（须填意见）' if one.opinion_required else ''}" for one in node.outcomes
    )
    back = "、".join(named(graph, code) for code in node.return_to)
    skips = "、".join(f"{one.label or one.code} → {named(graph, one.to)}" for one in node.skips)
    told: dict[str, tuple[str, Any]] = {
        "text": ("名称", node.name),
        "kind": ("类型", KINDS.get(node.kind, node.kind)),
        "role": ("办理角色", role(node.role, roles) if node.role or node.kind == "task" else ""),
        "limit": ("时限", limit(node)),
        "outcomes": ("办理结果", outcomes),
        "ways": ("去向", "；".join(way(graph, edge) for edge in graph.out(node.code))),
        "returns": ("可退回", f"{back}（{POLICIES.get(node.return_policy, '')}）" if back else "不可退回"),
        "countersign": ("会签", countersign(node.countersign)),
        "skips": ("跳级", skips or "无"),
        "codes": ("推送环节码", f"{_number(node.node_type)}/{_number(node.node_result)}"),
        "status": ("办件状态", node.case_status),
        "same": (
            "优先办理人",
            f"与“{named(graph, node.same_person_as)}”同人" if node.same_person_as else "无",
        ),
        "meta": ("表单与文书版本等", node.meta),
    }
    return told | {name: (label, "是" if getattr(node, name) else "否") for name, label in FLAGS.items()}


def _number(value: int | None) -> str:
    return "无" if value is None else str(value)

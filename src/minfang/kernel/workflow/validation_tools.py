"""What the checks of a graph share: names for people, conditions, and what can be reached."""

from collections.abc import Iterable, Iterator

from minfang.kernel import expressions
from minfang.kernel.workflow.graph import Graph, Node


def title(node: Node) -> str:
    """A node as a fault names it: its name and its code."""
    return f"“{node.name or node.code}”（{node.code}）"


def condition(graph: Graph, where: str, text: str) -> Iterator[str]:
    """What is wrong with a condition: not readable, or about something the process does not know."""
    try:
        expression = expressions.parse(text)
    except expressions.ExpressionError as error:
        yield f"{where}无法识别：{error}"
        return
    for name in sorted(expression.names()):
        head, _, rest = name.partition(".")
        if head == "outcomes":
            if rest not in graph.nodes:
                yield f"{where}引用了不存在的环节 {rest or name}"
        elif head not in graph.facts:
            yield f"{where}使用了未声明的数据 {head}"
    for name in sorted(expression.calls()):
        yield f"{where}使用了未登记的函数 {name}"


def reach(graph: Graph, starts: Iterable[str], *, backwards: bool = False) -> set[str]:
    """All nodes that edges lead to from ``starts`` (or from which they lead there)."""
    near: dict[str, list[str]] = {}
    for edge in graph.edges:
        one, other = (edge.target, edge.source) if backwards else (edge.source, edge.target)
        near.setdefault(one, []).append(other)
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        code = waiting.pop()
        if code not in seen:
            seen.add(code)
            waiting += near.get(code, [])
    return seen

"""What BPMN has no place for, as elements of our own namespace: one attribute for each plain value.

``minfang:step`` holds a node's values, ``minfang:result`` each way to finish it, ``minfang:fact`` a
declared fact, ``minfang:side`` a node without edges. Structured values travel as JSON in a child of
their own name. The names are those of the graph, so what the graph learns needs no change here.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import orjson

from minfang.kernel.workflow import shape
from minfang.kernel.workflow.graph import Edge, Node, Outcome, build
from minfang.kernel.workflow.xmltree import Element

SPACE = "https://minfang.sh.gov.cn/schema/process/1.0"
ELSEWHERE = frozenset({"code", "name", "kind"})
FLOW = frozenset({"from", "to", "when"})
NODE_DEFAULTS = {**vars(Node("")), "name": "", "kind": ""}
OUTCOME_DEFAULTS = vars(Outcome(""))
EDGE_DEFAULTS = vars(Edge("", ""))


def told(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Only what differs from the default; tuples as lists. ``0`` is told apart from nothing."""
    found = {}
    for name, value in values.items():
        plain = _plain(value)
        default = defaults.get(name)
        default = list(default) if isinstance(default, tuple) else default
        empty = plain in ({}, [], "") and not default
        if not empty and (plain != default or isinstance(plain, bool) != isinstance(default, bool)):
            found[name] = plain
    return found


def _plain(value: Any) -> Any:
    """Tuples as lists, parts of a node (seats, shortcuts) as what differs from their defaults."""
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if not is_dataclass(value):
        return value
    defaults = {one.name: one.default for one in fields(value)}
    return {k: v for k, v in ((k, _plain(v)) for k, v in vars(value).items()) if v != defaults[k]}


def plain_node(node: Node) -> dict[str, Any]:
    """A node as a definition writes it, defaults left out, ways on (``to``) left to the edges."""
    values = {"code": node.code, "kind": node.kind, **told(vars(node), NODE_DEFAULTS)}
    outcomes = [{"code": one.code, **told(vars(one), OUTCOME_DEFAULTS)} for one in node.outcomes]
    for outcome in outcomes:
        outcome.pop("to", None)
    values.pop("outcomes", None)
    return {**values, "outcomes": outcomes} if outcomes else values


def plain_edge(edge: Edge) -> dict[str, Any]:
    """An edge as a definition writes it."""
    values = told(vars(edge), EDGE_DEFAULTS)
    values.pop("source", None)
    values.pop("target", None)
    return {"from": edge.source, "to": edge.target, **values}


def element(tag: str, values: Mapping[str, Any], inner: str = "") -> str:
    """One element of our namespace."""
    plain = {name: value for name, value in values.items() if not _structured(value)}
    attributes = "".join(f" {name}={quoteattr(_text(value))}" for name, value in plain.items())
    body = inner + "".join(
        f"<minfang:{name}>{escape(orjson.dumps(value).decode())}</minfang:{name}>"
        for name, value in values.items()
        if name not in plain
    )
    return f"<minfang:{tag}{attributes}>{body}</minfang:{tag}>" if body else f"<minfang:{tag}{attributes} />"


def step(node: Node, tag: str = "step") -> str:
    """The values of a node and of each of its outcomes."""
    values = plain_node(node)
    results = "".join(element("result", outcome) for outcome in values.pop("outcomes", ()))
    skipped = ELSEWHERE if tag == "step" else frozenset()
    return element(tag, {k: v for k, v in values.items() if k not in skipped}, results)


def flow_attributes(edge: Edge) -> str:
    """What an edge carries beyond its ends and condition."""
    values = {k: v for k, v in plain_edge(edge).items() if k not in FLOW}
    texts = {k: orjson.dumps(v).decode() if _structured(v) else _text(v) for k, v in values.items()}
    return "".join(f" minfang:{name}={quoteattr(text)}" for name, text in texts.items())


def _structured(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and not all(map(_word, value)))


def _word(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not any(letter.isspace() for letter in value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(value) if isinstance(value, list) else str(value)


def read_values(found: Element, types: shape.Types, faults: list[tuple[str, int]]) -> dict[str, Any]:
    """The values of one element; what cannot be read is noted with its line."""
    values: dict[str, Any] = {}
    for (space, name), text in found.attributes.items():
        if name not in types or space not in ("", SPACE):
            faults.append((f"属性 {name}=“{text}”无法识别，未带入", found.line))
        else:
            _take(values, name, text, types[name], faults, found.line)
    for child in found.children:
        if child.space == SPACE and child.tag == "result":
            continue
        if child.space != SPACE or child.tag not in types:
            faults.append((f"扩展内容 {child.tag} 无法识别，未带入", child.line))
            continue
        _take_json(values, child.tag, child.text, types[child.tag], faults, child.line)
    return values


def _take(
    values: dict[str, Any],
    name: str,
    text: str,
    kinds: tuple[type, ...],
    faults: list[tuple[str, int]],
    line: int,
) -> None:
    if bool in kinds:
        if text not in ("true", "false"):
            faults.append((f"属性 {name} 只能是 true 或 false，现为“{text}”", line))
        values[name] = text == "true"
    elif int in kinds:
        if text.lstrip("-").isdigit() and len(text) < 10 and text.isascii():
            values[name] = int(text)
        elif text:
            faults.append((f"属性 {name} 应为整数，现为“{text}”", line))
    elif list in kinds and not text.startswith(("[", "{")):
        values[name] = text.split()
    elif str in kinds:
        values[name] = text
    else:
        _take_json(values, name, text, kinds, faults, line)


def _take_json(
    values: dict[str, Any],
    name: str,
    text: str,
    kinds: tuple[type, ...],
    faults: list[tuple[str, int]],
    line: int,
) -> None:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = faults
    if not isinstance(value, kinds) or value is faults:
        faults.append((f"扩展内容 {name} 不是可读的 JSON，未带入", line))
    else:
        values[name] = value


def results(found: Element, faults: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """The outcomes listed in a step."""
    return [read_values(child, shape.OUTCOME, faults) for child in found.all(SPACE, "result")]


def normal(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What a definition says, however it is written: nodes by code, ways by node, defaults left out."""
    graph = build(raw)
    return {
        "code": graph.code,
        "title": graph.title,
        "facts": dict(graph.facts),
        "nodes": {code: plain_node(node) for code, node in graph.nodes.items()},
        "edges": {code: [plain_edge(edge) for edge in graph.out(code)] for code in graph.nodes},
    }

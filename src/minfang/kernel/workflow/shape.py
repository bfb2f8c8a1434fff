"""Whether a graph has the parts and types it must have, before anything is read from it."""

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any

from minfang.kernel.workflow.graph import KINDS

Types = dict[str, tuple[type, ...]]
TEXT, NUMBER, FLAG = (str,), (int, NoneType), (bool,)
GRAPH: Types = {
    "code": TEXT,
    "title": TEXT,
    "facts": (dict,),
    "nodes": (list,),
    "edges": (list,),
    "layout": (dict, NoneType),
}
EDGE: Types = {"from": TEXT, "to": TEXT, "when": (str, NoneType), "outcome": (str, NoneType)}
OUTCOME: Types = {
    "code": TEXT,
    "label": TEXT,
    "tone": TEXT,
    "opinion_required": FLAG,
    "node_type": NUMBER,
    "node_result": NUMBER,
    "to": TEXT,
    "meta": (dict,),
}
NODE: Types = {
    "code": TEXT,
    "name": TEXT,
    "kind": TEXT,
    "role": TEXT,
    "case_status": TEXT,
    "node_type": NUMBER,
    "node_result": NUMBER,
    "timed": FLAG,
    "limit_days": NUMBER,
    "limit_unit": TEXT,
    "outcomes": (list,),
    "return_to": (list,),
    "return_policy": TEXT,
    "return_scope": TEXT,
    "return_result": NUMBER,
    "may_supplement": FLAG,
    "may_transfer": FLAG,
    "may_suspend": FLAG,
    "may_delegate": FLAG,
    "may_add_signer": FLAG,
    "transfer_areas": (list,),
    "same_person_as": TEXT,
    "countersign": (dict, NoneType),
    "skips": (list,),
    "meta": (dict,),
}
SKIP: Types = {
    "code": TEXT,
    "to": TEXT,
    "label": TEXT,
    "role": TEXT,
    "outcome": TEXT,
    "when": TEXT,
    "opinion_required": FLAG,
}
COUNTERSIGN: Types = {
    "seats": (list,),
    "rule": TEXT,
    "agree": TEXT,
    "refuse": TEXT,
    "share": (int,),
    "wait": FLAG,
}
SEAT: Types = {"code": TEXT, "role": TEXT, "name": TEXT}
FACT_TYPES = ("text", "number", "boolean")
TONES = ("default", "primary", "danger")


def faults(raw: Any) -> Iterator[str]:
    """Parts that are missing, unknown or of the wrong type."""
    yield from _object("流程", raw, GRAPH, ("code", "nodes", "edges"))
    if not isinstance(raw, Mapping):
        return
    for name, kind in _dict(raw.get("facts")).items():
        if kind not in FACT_TYPES:
            yield f"数据 {name} 的类型只能是 {'、'.join(FACT_TYPES)}"
    for number, node in enumerate(_list(raw.get("nodes")), 1):
        yield from _node(f"第 {number} 个节点", node)
    for number, edge in enumerate(_list(raw.get("edges")), 1):
        yield from _object(f"第 {number} 条连线", edge, EDGE, ("from", "to"))
    for code, point in _dict(raw.get("layout")).items():
        if not (isinstance(point, list) and len(point) == 2 and all(_is(v, (int, float)) for v in point)):
            yield f"节点 {code} 的位置应为 [x, y]"


def _node(where: str, raw: Any) -> Iterator[str]:
    yield from _object(where, raw, NODE, ("code", "kind"))
    node = _dict(raw)
    if isinstance(node.get("kind"), str) and node["kind"] not in KINDS:
        yield f"{where}的类型 {node['kind']} 无法识别"
    for number, outcome in enumerate(_list(node.get("outcomes")), 1):
        place = f"{where}的第 {number} 个办理结果"
        yield from _object(place, outcome, OUTCOME, ("code",))
        if _dict(outcome).get("tone", "default") not in TONES:
            yield f"{place}的按钮样式只能是 {'、'.join(TONES)}"
    codes = [_dict(outcome).get("code") for outcome in _list(node.get("outcomes"))]
    if len(set(map(str, codes))) < len(codes) or "" in codes:
        yield f"{where}的办理结果编码为空或重复"
    for name, what in (("return_to", "可退回环节"), ("transfer_areas", "转派范围")):
        if not all(isinstance(code, str) for code in _list(node.get(name))):
            yield f"{where}的{what}应为编码列表"
    for number, skip in enumerate(_list(node.get("skips")), 1):
        yield from _object(f"{where}的第 {number} 条跳级", skip, SKIP, ("code", "to"))
    if node.get("countersign"):
        yield from _countersign(f"{where}的会签", _dict(node["countersign"]))


def _countersign(where: str, raw: Mapping[str, Any]) -> Iterator[str]:
    yield from _object(where, raw, COUNTERSIGN, ("seats",))
    for number, seat in enumerate(_list(raw.get("seats")), 1):
        yield from _object(f"{where}第 {number} 席", seat, SEAT, ("code", "role"))


def _object(where: str, raw: Any, types: Types, required: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(raw, Mapping):
        yield f"{where}应为对象"
        return
    for name in required:
        if name not in raw:
            yield f"{where}缺少 {name}"
    for name, value in raw.items():
        if name not in types:
            yield f"{where}含有无法识别的属性 {name}"
        elif not _is(value, types[name]):
            yield f"{where}的 {name} 类型不正确"


def _is(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

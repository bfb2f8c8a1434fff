"""Two versions of a process side by side: what was added, removed and changed, in words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from minfang.kernel.workflow.graph import Graph
from minfang.kernel.workflow.wording import KINDS, named, traits

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
WORDS = {ADDED: "新增", REMOVED: "删除", CHANGED: "改动"}


@dataclass(frozen=True)
class Difference:
    """One difference. ``aspect`` is the trait that changed (``role``, ``limit``, ``ways`` …)."""

    change: str
    node: str
    name: str
    aspect: str
    text: str

    def data(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def differences(old: Graph, new: Graph, roles: Mapping[str, str]) -> list[Difference]:
    """Every difference that changes how a case is handled, steps first in the order of the new version."""
    found = []
    renamed = _renamed(old, new)
    for code, node in new.nodes.items():
        if code not in old.nodes:
            text = f"新增{KINDS.get(node.kind, '')}“{named(new, code)}”"
            found.append(Difference(ADDED, code, named(new, code), "node", text))
        else:
            found += _changed(old, renamed, new, code, roles)
    for code, node in old.nodes.items():
        if code not in new.nodes:
            text = f"删除{KINDS.get(node.kind, '')}“{named(old, code)}”"
            found.append(Difference(REMOVED, code, named(old, code), "node", text))
    return found + _facts(old, new)


def _renamed(old: Graph, new: Graph) -> Graph:
    """The old version under the new names, so that a new name is told once and not at every neighbour."""
    names = {
        code: new.nodes[code].name if code in new.nodes else node.name for code, node in old.nodes.items()
    }
    return replace(old, nodes={code: replace(node, name=names[code]) for code, node in old.nodes.items()})


def _changed(old: Graph, renamed: Graph, new: Graph, code: str, roles: Mapping[str, str]) -> list[Difference]:
    before, after = traits(renamed, renamed.node(code), roles), traits(new, new.node(code), roles)
    before["text"] = traits(old, old.node(code), roles)["text"]
    name = named(new, code)
    found = []
    for aspect, (label, value) in after.items():
        earlier = before[aspect][1]
        if value != earlier:
            text = f"“{name}”{label}：{_said(earlier)} 改为 {_said(value)}"
            found.append(Difference(CHANGED, code, name, aspect, text))
    return found


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "、".join(f"{key}={item}" for key, item in value.items()) or "（无）"
    return str(value) or "（无）"


def _facts(old: Graph, new: Graph) -> list[Difference]:
    found = [
        Difference(ADDED, "", name, "fact", f"新增判断数据 {name}")
        for name in new.facts
        if name not in old.facts
    ]
    gone = [name for name in old.facts if name not in new.facts]
    return found + [Difference(REMOVED, "", name, "fact", f"删除判断数据 {name}") for name in gone]

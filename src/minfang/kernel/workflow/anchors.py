"""Steps a matter's own rules are tied to: no version of its process may do without them.

A room that hangs something on a step (a notice, a push, a certificate) declares the step and the
outcomes it waits for; publishing and migrating refuse a graph that lacks them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

_FACTS: dict[str, tuple[str, str]] = {}
_REQUIRED: dict[str, dict[str, tuple[str, ...]]] = {}


def require(code: str, steps: Mapping[str, Iterable[str]]) -> None:
    """The process ``code`` must have these steps, each with these outcomes."""
    _REQUIRED[code] = {node: tuple(outcomes) for node, outcomes in steps.items()}


def name_facts(facts: Mapping[str, Mapping[str, str]]) -> None:
    """Say what facts conditions may be about: code → name and type (``text``, ``number``, ``boolean``)."""
    _FACTS.update({code: (fact["name"], fact["type"]) for code, fact in facts.items()})


def known_facts() -> list[dict[str, str]]:
    """The facts that have a name."""
    return [{"code": code, "name": name, "type": kind} for code, (name, kind) in _FACTS.items()]


def forget(code: str) -> None:
    """Require nothing of this process any more."""
    _REQUIRED.pop(code, None)


def required(code: str) -> list[str]:
    """The steps that must stay."""
    return sorted(_REQUIRED.get(code, {}))


def unkept(code: str, graph: Mapping[str, Any]) -> list[str]:
    """What is required of the process and missing in this graph, in words."""
    nodes = {node.get("code"): node for node in graph.get("nodes", ()) if isinstance(node, dict)}
    faults = []
    for step, outcomes in _REQUIRED.get(code, {}).items():
        node = nodes.get(step)
        if node is None:
            faults.append(f"缺少环节 {step}：文书、推送或电子证照依赖该环节")
            continue
        known = {outcome.get("code") for outcome in node.get("outcomes", ())}
        faults += [
            f"“{node.get('name') or step}”（{step}）缺少办理结果 {outcome}：文书或推送依赖它"
            for outcome in outcomes
            if outcome not in known
        ]
    return faults

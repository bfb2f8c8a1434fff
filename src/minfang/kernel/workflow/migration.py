"""Bringing running instances to another version: tell first, then one transaction an instance.

An instance fits when every step it has been at exists in the other version with the same kind and in
the same branch, every running block has the same branches, and no change of a step it stands at is
forbidden by the rule table (``rules/migration.toml``). Decided instances are never touched.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction

from minfang.kernel.base.errors import Refusal
from minfang.kernel.iam.models import Person
from minfang.kernel.workflow.compare import ADDED, REMOVED, Difference, differences
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.engine import Flow
from minfang.kernel.workflow.graph import SIDE, WORK, Graph
from minfang.kernel.workflow.models import InstanceState, ProcessInstance, WorkItem
from minfang.kernel.workflow.motion import Motion
from minfang.kernel.workflow.wording import KINDS, named

RULES = Path(__file__).parent / "rules" / "migration.toml"
DONE, OPEN, AHEAD = "done", "open", "ahead"
FLOW, KEEP, REFUSE = "flow", "keep", "refuse"
MOVABLE = (InstanceState.RUNNING, InstanceState.SUSPENDED)
MIGRATE, UNDO = "migrate", "unmigrate"


@dataclass
class Fit:
    """Whether an instance fits another version: reasons against it, what stays as it was, where it stands."""

    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    at: list[str] = field(default_factory=list)

    @property
    def fits(self) -> bool:
        """Whether it may be brought over."""
        return not self.reasons


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Mapping[str, str]]:
    """The rule table."""
    return tomllib.loads(RULES.read_text())


@dataclass
class Comparison:
    """Two versions, compared once for all instances."""

    old: Graph
    new: Graph
    found: list[Difference]

    @classmethod
    def of(cls, source: int, target: int) -> "Comparison":
        """Of two published definitions, by their ids."""
        old, new = graph_of(source), graph_of(target)
        return cls(old, new, differences(old, new, {}))

    def fit(self, items: Iterable[WorkItem], arrivals: Mapping[str, list[int]], state: str) -> Fit:
        """How one instance would fare."""
        fit = Fit()
        if state not in MOVABLE:
            fit.reasons.append(f"该件{InstanceState(state).label}，不再更换流程版本")
            return fit
        where: dict[str, str] = {}
        for item in items:
            where[item.node] = OPEN if item.state == "OPEN" or where.get(item.node) == OPEN else DONE
            self._item(item, fit)
        fit.at = [code for code, how in where.items() if how == OPEN]
        self._blocks(arrivals, fit)
        behind = self._behind(where)
        for difference in self.found:
            self._rule(difference, where, behind, fit)
        fit.reasons, fit.notes = list(dict.fromkeys(fit.reasons)), list(dict.fromkeys(fit.notes))
        return fit

    def _item(self, item: WorkItem, fit: Fit) -> None:
        """Every step the instance has been at must be there, of the same kind, in the same branch."""
        old, new = self.old.nodes.get(item.node), self.new.nodes.get(item.node)
        name = named(self.old, item.node)
        if new is None:
            fit.reasons.append(f"{_how(item)}的环节“{name}”在新版本中不存在")
            return
        if old is not None and old.kind != new.kind:
            fit.reasons.append(f"{_how(item)}的环节“{name}”由{KINDS[old.kind]}变成了{KINDS[new.kind]}")
        if new.kind not in SIDE and self.new.branch(item.node) != item.branch:
            fit.reasons.append(f"{_how(item)}的环节“{name}”在新版本中属于另一并行分支")
        for code in filter(None, (item.jump_to, item.asked_by)):
            if code not in self.new.nodes or self.new.branch(code) != self.old.branch(code):
                fit.reasons.append(f"须返回的环节“{named(self.old, code)}”在新版本中不存在或换了分支")
        given = item.outcome if item.state == "DONE" and item.current else ""
        if given and old and old.outcome(given) is not None and new.outcome(given) is None:
            fit.reasons.append(f"环节“{name}”已作出的结果“{item.outcome}”在新版本中不存在")

    def _blocks(self, arrivals: Mapping[str, list[int]], fit: Fit) -> None:
        for fork in arrivals:
            ways = [[edge.target for edge in graph.out(fork)] for graph in (self.old, self.new)]
            node = self.new.nodes.get(fork)
            if node is None or node.kind != "fork" or len(ways[0]) != len(ways[1]):
                fit.reasons.append(f"正在进行的并行块“{named(self.old, fork)}”分支有增减")

    def _behind(self, where: Mapping[str, str]) -> set[str]:
        """Nodes of the new version a case standing there has passed: those that only lead to where it is."""
        open_now = [code for code, how in where.items() if how == OPEN and code in self.new.nodes]
        return _reach(self.new, open_now, backwards=True) - _reach(self.new, open_now, backwards=False)

    def _rule(self, difference: Difference, where: Mapping[str, str], behind: set[str], fit: Fit) -> None:
        code = difference.node
        if difference.change == REMOVED or not code:
            return
        node = self.new.nodes[code]
        if difference.change == ADDED:
            if node.kind in WORK and code in behind and rules()["added"][DONE] != FLOW:
                told = fit.reasons if rules()["added"][DONE] == REFUSE else fit.notes
                told.append(f"新增的“{difference.name}”在该件当前环节之前，不再补办")
            return
        rule = rules().get(difference.aspect, rules()["rest"])
        at = where.get(code, AHEAD)
        how = rule[at]
        if how == REFUSE and difference.aspect != "kind":
            fit.reasons.append(f"该件正停在此环节，不能更换：{difference.text}")
        elif how == KEEP and at == OPEN:
            fit.notes.append(f"该件仍按原定：{difference.text}")


def _how(item: WorkItem) -> str:
    return "当前" if item.state == "OPEN" else "已办"


def _reach(graph: Graph, starts: Iterable[str], *, backwards: bool) -> set[str]:
    near: dict[str, list[str]] = {}
    for edge in graph.edges:
        one, other = (edge.target, edge.source) if backwards else (edge.source, edge.target)
        near.setdefault(one, []).append(other)
    seen: set[str] = set()
    waiting = [code for start in starts for code in near.get(start, [])]
    while waiting:
        code = waiting.pop()
        if code not in seen:
            seen.add(code)
            waiting += near.get(code, [])
    return seen


def dry_run(source: int, target: int) -> list[tuple[ProcessInstance, Fit]]:
    """Every instance that runs under ``source`` and how it would fare; nothing is changed."""
    comparison = Comparison.of(source, target)
    running = ProcessInstance.objects.filter(definition_id=source, state__in=MOVABLE).order_by("pk")
    instances = list(running.select_related("organization"))
    items: dict[int, list[WorkItem]] = {instance.pk: [] for instance in instances}
    rows = WorkItem.objects.filter(instance__definition_id=source, instance__state__in=MOVABLE)
    for row in rows.defer("opinion").order_by("number"):
        items.setdefault(row.instance_id, []).append(row)
    return [
        (instance, comparison.fit(items[instance.pk], instance.arrivals, instance.state))
        for instance in instances
    ]


@transaction.atomic
def move(instance_id: int, source: int, target: int, *, person: Person, reason: str) -> Fit:
    """Bring one instance over if it (still) fits; what a verb has changed meanwhile is looked at again.

    The instance is locked like for any verb. Repeating it changes nothing: it runs under ``target`` already.
    """
    flow = Flow.lock(instance_id)
    if flow.instance.definition_id == target:
        return Fit(notes=["已在该版本"])
    if flow.instance.definition_id != source:
        return Fit(reasons=["该件已不在原版本"])
    fit = Comparison.of(source, target).fit(flow.rows.values(), flow.instance.arrivals, flow.instance.state)
    if fit.fits:
        _switch(flow, MIGRATE, target, person, reason)
    return fit


@transaction.atomic
def undo(instance_id: int, *, person: Person, reason: str) -> int:
    """Take the last migration of an instance back, as long as nothing has been done since.

    Returns the id of the definition it runs under again.
    """
    flow = Flow.lock(instance_id)
    event = flow.instance.events.order_by("-sequence").first()
    if event is None or event.verb != MIGRATE:
        raise Refusal("MIGRATION_USED", "该件迁移后已有新的办理，不能撤回。", "可另行迁移。", status=409)
    _switch(flow, UNDO, event.data["from_definition"], person, reason)
    return int(flow.instance.definition_id)


def _switch(flow: Flow, verb: str, target: int, person: Person, reason: str) -> None:
    """Put the instance under another version and write it into its history; its items stay as they are."""
    note: dict[str, Any] = {"from_definition": flow.instance.definition_id, "to_definition": target}
    flow.instance.definition_id = target
    flow.graph = graph_of(target)
    flow.commit(verb, Motion(flow.graph, flow.state), person=person, opinion=reason, note=note)

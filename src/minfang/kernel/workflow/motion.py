"""How a case moves through the graph: opening and closing items, walking edges, joining branches.

Pure. A ``Motion`` starts from a state, carries out one verb on a copy and remembers the effects.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from minfang.kernel import expressions
from minfang.kernel.base.errors import Refusal
from minfang.kernel.workflow import branches, voices
from minfang.kernel.workflow.graph import APPLICANT, APPROVALS, WORK, Graph
from minfang.kernel.workflow.state import CLOSED, DONE, SKIPPED, Effects, Item, State


class Motion:
    """One verb being carried out."""

    def __init__(self, graph: Graph, state: State, facts: Mapping[str, Any] | None = None) -> None:
        self.graph = graph
        self.state = state.copy()
        self.facts = facts or {}
        self._closed: list[dict[str, Any]] = []
        self._opened: list[int] = []
        self._changed: dict[int, dict[str, Any]] = {}

    def effects(self) -> Effects:
        """What has been done, for the event and for the rows."""
        state = self.state
        opened = [state.items[number] for number in self._opened]
        fresh = set(self._opened)
        changed = [change for number, change in self._changed.items() if number not in fresh]
        return Effects(
            self._closed,
            opened,
            changed,
            state.arrivals,
            state.phase,
            state.end,
            state.starter,
            state.resumes,
        )

    def change(self, item: Item, **values: Any) -> None:
        """Alter an item without closing it."""
        self.state.items[item.number] = replace(self.state.items[item.number], **values)
        self._changed.setdefault(item.number, {"number": item.number}).update(values)

    def close(self, item: Item, state: str, *, by: int | None, outcome: str = "") -> None:
        """Close an open item; the only place an item's state leaves OPEN."""
        values: dict[str, Any] = {"state": state, "closed_by": by, "outcome": outcome}
        self.state.items[item.number] = replace(self.state.items[item.number], **values)
        self._closed.append({"number": item.number, **values})

    def open(
        self, node: str, branch: str, *, assignee: int | None = None, jump_to: str = "", asked_by: str = ""
    ) -> Item:
        """Open the next round of a step, offered to whoever did it last; a countersigned one to its seats."""
        earlier, rule = self.rounds(node, branch), self.graph.node(node).countersign
        if done := self.latest(node, branch):
            self.supersede(done.passage, branch)
        like = Item(
            0, node, branch, _last([i for i in earlier if not i.duty]) + 1, jump_to=jump_to, asked_by=asked_by
        )
        if rule is None:
            return self.add(replace(like, assignee=assignee or self._likely(node, earlier)))
        first, *others = voices.first_seats(rule)
        chair = self.add(replace(like, actor=first, assignee=assignee or self._likely(node, earlier, first)))
        chair = self._join_visit(chair)
        for seat in others:
            who = self._likely(node, earlier, seat)
            self.add(replace(like, actor=seat, assignee=who, visit=chair.number))
        return chair

    def add(self, like: Item) -> Item:
        """Open an item as described, under the next number."""
        item = replace(like, number=max(self.state.items, default=0) + 1)
        self.state.items[item.number] = item
        self._opened.append(item.number)
        return item

    def _join_visit(self, item: Item) -> Item:
        """An item that is no longer alone in its passage."""
        if item.visit == 0:
            self.change(item, visit=item.number)
        return self.state.items[item.number]

    def add_beside(self, item: Item, **values: Any) -> Item:
        """Open another item of the passage ``item`` belongs to."""
        item = self._join_visit(item)
        same = [i for i in self.rounds(item.node, item.branch) if i.actor == values["actor"]]
        first = self.state.items[item.visit]
        round_ = max(first.round, _last(same) + 1)
        like = Item(0, item.node, item.branch, round_, jump_to=item.jump_to, asked_by=item.asked_by)
        return self.add(replace(like, visit=item.visit, **values))

    def again(self, item: Item, assignee: int | None) -> Item:
        """Open a voice of a passage once more; what it said before counts no longer."""
        duty = {"actor": item.actor, "duty": item.duty, "added_to": item.added_to}
        fresh = self.add_beside(item, assignee=assignee, **duty)
        if item.state == DONE:
            self.change(item, current=False)
        for other in self.passage(fresh):
            if other.added_to == item.number and other.is_open:
                self.change(other, added_to=fresh.number)
        return fresh

    def passage(self, item: Item) -> list[Item]:
        """All items of the passage through a step that this item belongs to, in the order opened."""
        return [i for i in self.rounds(item.node, item.branch) if i.passage == item.passage]

    def void_passage(self, item: Item) -> None:
        """What was said in this passage counts no longer."""
        for other in self.passage(item):
            if other.state == DONE and other.current:
                self.change(other, current=False)

    def settle(self, item: Item, by: int | None) -> str | None:
        """What a passage has come to; once that is certain, voices still open are no longer needed."""
        node, items = self.graph.node(item.node), self.passage(item)
        result = voices.verdict(node, items)
        if result is not None:
            for other in items:
                if other.is_open:
                    self.close(other, SKIPPED, by=by)
        elif seat := voices.next_seat(node, items):
            who = self._likely(item.node, self.rounds(item.node, item.branch), seat)
            self.add_beside(item, actor=seat, assignee=who)
        return result

    def rounds(self, node: str, branch: str) -> list[Item]:
        """All items of a step so far, oldest first."""
        return [i for i in self.state.items.values() if i.node == node and i.branch == branch]

    def _likely(self, code: str, earlier: list[Item], seat: str = "") -> int | None:
        node = self.graph.node(code)
        if node.role == APPLICANT:
            return self.state.starter
        model = [i for i in self.state.items.values() if i.node == node.same_person_as and not i.duty]
        own = [i for i in earlier if i.actor == seat and not i.duty]
        closers = [i.closed_by for i in (*([] if seat else model), *own) if i.outcome and i.closed_by]
        return closers[-1] if closers else None

    def supersede(self, floor: int, branch: str) -> None:
        """From item ``floor`` on, what was done in or after this branch counts no longer."""
        for item in self.following(floor, branch):
            if item.state == DONE and item.current:
                self.change(item, current=False)

    def following(self, floor: int, branch: str) -> list[Item]:
        """Items numbered from ``floor`` outside parallel branches; approvals aside do not count."""
        return [
            item
            for item in self.state.items.values()
            if item.number >= floor
            and not branches.parallel(item.branch, branch)
            and self.graph.node(item.node).kind not in APPROVALS
        ]

    def latest(self, node: str, branch: str) -> Item | None:
        """The finished item of a step that counts; of a countersigned step, one of its deciding passage."""
        done = [i for i in self.rounds(node, branch) if i.state == DONE and i.current and not i.duty]
        if not done or self.graph.node(node).countersign is None:
            return done[-1] if done else None
        decided = voices.verdict(self.graph.node(node), self.passage(done[-1]))
        return done[-1] if decided is not None else None

    def leave(self, item: Item, outcome: str) -> None:
        """Go on from a finished step along the edge of its outcome."""
        edge = self.graph.leaving(item.node, outcome)
        if edge is None:
            raise Refusal("FLOW_OUTCOME", f"环节没有办理结果“{outcome}”。", "请刷新后从列出的结果中选择。")
        self.arrive(edge.target, item.branch)

    def arrive(self, code: str, branch: str) -> None:
        """The case reaches a node: open it, or pass through a gateway."""
        node = self.graph.node(code)
        if node.kind in WORK:
            self.open(code, branch)
        elif node.kind == "exclusive":
            self.arrive(self._choose(code), branch)
        elif node.kind == "fork":
            self.enter_block(code, range(len(self.graph.out(code))))
        elif node.kind == "join":
            self._join(code, branch)
        elif node.kind == "end":
            self.state.phase, self.state.end = CLOSED, code

    def enter_block(self, fork: str, indexes: Iterable[int]) -> None:
        """Start these branches of a block; what an earlier pass did in them counts no longer."""
        self.state.arrivals[fork] = []
        for index in indexes:
            place = branches.inside(self.graph.branch(fork), fork, index)
            for item in list(self.state.items.values()):
                if branches.within(item.branch, place) and item.state == DONE and item.current:
                    self.change(item, current=False)
            self.arrive(self.graph.out(fork)[index].target, place)

    def _join(self, code: str, branch: str) -> None:
        fork, index = branches.segments(branch)[-1]
        arrived = sorted({*self.state.arrivals.get(fork, []), index})
        self.state.arrivals[fork] = arrived
        if len(arrived) == len(self.graph.out(fork)):
            del self.state.arrivals[fork]
            self.arrive(self.graph.out(code)[0].target, branches.parent(branch))

    def _choose(self, code: str) -> str:
        edges = self.graph.out(code)
        for edge in edges:
            if edge.when and self.holds(edge.when):
                return edge.target
        return next(edge.target for edge in edges if not edge.when)

    def holds(self, text: str) -> bool:
        """Whether a condition over facts and outcomes is true; refuses when it cannot be judged."""
        expression = expressions.parse(text)
        wanted = {name.partition(".")[0] for name in expression.names()} - {"outcomes"}
        missing = sorted(wanted - set(self.facts))
        if missing:
            raise Refusal("FLOW_FACTS", f"流程判断缺少数据：{'、'.join(missing)}。", "请补全后再办理。")
        try:
            return expression.evaluate({**self.facts, "outcomes": self.outcomes()}) is True
        except expressions.ExpressionError as error:
            raise Refusal("FLOW_FACTS", f"流程条件无法判断：{error}。", "请核对相关数据后再办理。") from error

    def outcomes(self) -> dict[str, str]:
        """The outcome that counts of every step done; a countersigned one has the outcome of its voices."""
        found: dict[str, str] = {}
        for item in list(self.state.items.values()):
            if item.state != DONE or not item.current or item.duty:
                continue
            node = self.graph.node(item.node)
            result = item.outcome
            if node.countersign:
                result = voices.verdict(node, self.passage(item)) or ""
            found[item.node] = result
        return {node: result for node, result in found.items() if result or not self._countersigned(node)}

    def _countersigned(self, code: str) -> bool:
        return self.graph.node(code).countersign is not None

    def rewind(self, branch: str) -> None:
        """Forget arrivals that a step back to ``branch`` undoes; finished sibling branches stay arrived."""
        around = dict(branches.segments(branch))
        for fork in list(self.state.arrivals):
            if fork not in around and not branches.parallel(self.graph.branch(fork), branch):
                del self.state.arrivals[fork]
            elif fork in around:
                kept = [index for index in self.state.arrivals[fork] if index != around[fork]]
                self.state.arrivals[fork] = kept
        for fork, index in around.items():
            if fork not in self.state.arrivals:
                others = [n for n in range(len(self.graph.out(fork))) if n != index]
                self.state.arrivals[fork] = others


def _last(items: list[Item]) -> int:
    return max((item.round for item in items), default=0)

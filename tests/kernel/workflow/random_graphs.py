"""Random valid definitions: sequences, exclusive branches, nested parallel blocks, loops, countersigned
steps, returns, shortcuts, and approvals aside.
"""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from tests.kernel.workflow.samples import graph, other, task

from minfang.kernel.workflow import branches
from minfang.kernel.workflow.graph import build
from minfang.kernel.workflow.validation_tools import reach

FACTS = ("f1", "f2", "f3")
ROLES = ("handler", "section_head")


@dataclass
class Sketch:
    """A definition being drawn; ``loose`` are edges still without a target."""

    draw: st.DrawFn
    loops: bool
    nodes: list[dict[str, Any]] = field(default_factory=list)
    edges: list[dict[str, Any]] = field(default_factory=list)
    loose: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, **more: Any) -> str:
        code = f"{kind[0].upper()}{len(self.nodes)}"
        self.nodes.append(task(code, **more) if kind == "task" else other(code, kind, **more))
        self.tie(code)
        return code

    def tie(self, code: str) -> None:
        self.edges += [{**edge, "to": code} for edge in self.loose]
        self.loose = [{"from": code}]

    def sequence(self, depth: int, *, may_be_empty: bool = False) -> None:
        parts = self.draw(st.integers(0 if may_be_empty else 1, 3))
        entries: list[str] = []
        for _ in range(parts):
            first = len(self.nodes)
            kinds = ["task", "task", "together", "system"] + (["exclusive", "fork"] if depth else [])
            getattr(self, f"_{self.draw(st.sampled_from(kinds))}")(depth, entries)
            entries.append(self.nodes[first]["code"])

    def _task(self, depth: int, entries: list[str], **more: Any) -> None:
        outcomes = more.pop("outcomes", [{"code": "OK"}])
        if self.loops and entries and self.draw(st.booleans()):
            outcomes.append({"code": "AGAIN", "to": self.draw(st.sampled_from(entries))})
        self.add(
            "task",
            role=self.draw(st.sampled_from(ROLES)),
            outcomes=outcomes,
            may_transfer=True,
            may_delegate=True,
            may_add_signer=True,
            may_supplement=not more and self.draw(st.booleans()),
            may_suspend=True,
            return_policy=self.draw(st.sampled_from(["replay", "jump_back", "either"])),
            return_scope=self.draw(st.sampled_from(["branch", "block"])),
            **more,
        )

    def _together(self, depth: int, entries: list[str]) -> None:
        """A countersigned step; not carried, it goes back where it may, and on with a no otherwise."""
        seats = [{"code": f"S{n}", "role": self.draw(st.sampled_from(ROLES))} for n in range(1, 4)]
        rule = {
            "seats": seats[: self.draw(st.integers(1, 3))],
            "rule": self.draw(st.sampled_from(["all", "any", "ratio", "ordered"])),
            "share": self.draw(st.sampled_from([34, 50, 67])),
            "wait": self.draw(st.booleans()),
            "agree": "OK",
            "refuse": "NO",
        }
        self._task(depth, entries, outcomes=[{"code": "OK"}, {"code": "NO"}], countersign=rule)

    def _system(self, depth: int, entries: list[str]) -> None:
        self.add("system")

    def _exclusive(self, depth: int, entries: list[str]) -> None:
        code = self.add("exclusive")
        ends = []
        for when in (f"{self.draw(st.sampled_from(FACTS))} > 5", ""):
            self.loose = [{"from": code, "when": when}]
            self.sequence(depth - 1, may_be_empty=True)
            ends += self.loose
        self.loose = ends
        if all(end["from"] == code for end in ends):
            self.add("system")

    def _fork(self, depth: int, entries: list[str]) -> None:
        code = self.add("fork")
        ends = []
        for _ in range(self.draw(st.integers(2, 3))):
            self.loose = [{"from": code}]
            self.sequence(depth - 1)
            ends += self.loose
        self.loose = ends
        self.add("join")


@st.composite
def graphs(draw: st.DrawFn, *, loops: bool = True, returns: bool = True) -> dict[str, Any]:
    """A definition that passes the checks of publishing."""
    sketch = Sketch(draw, loops)
    sketch.add("start")
    sketch.add("task")
    sketch.sequence(2)
    sketch.add("end", case_status="DONE")
    yes_or_no = [{"code": "AGREE"}, {"code": "REFUSE"}]
    sides = [
        other("SUPP", "supplement", role="applicant"),
        other("SPEC", "special"),
        other("CANCEL1", "cancel", role="section_head", outcomes=yes_or_no),
        other("VOID1", "void", role="handler", outcomes=yes_or_no),
        other("VOID2", "void", role="section_head", outcomes=yes_or_no),
    ]
    raw = graph([*sketch.nodes, *sides], sketch.edges, facts=dict.fromkeys(FACTS, "number"))
    if returns:
        _add_returns(draw, raw)
    return raw


def _add_returns(draw: st.DrawFn, raw: dict[str, Any]) -> None:
    """Returns and re-openings backwards, shortcuts forwards."""
    plain = build(raw)
    tasks = [node for node in raw["nodes"] if node["kind"] == "task"]
    for node in tasks:
        here = plain.branch(node["code"])
        before = [
            t["code"]
            for t in tasks
            if t is not node
            and node["code"] in reach(plain, [t["code"]])
            and not branches.parallel(plain.branch(t["code"]), here)
        ]
        if before:
            node["return_to"] = draw(st.lists(st.sampled_from(before), unique=True, min_size=1, max_size=4))
        after = [
            t["code"]
            for t in raw["nodes"]
            if t["kind"] in ("task", "end")
            and t is not node
            and t["code"] in reach(plain, [node["code"]])
            and plain.branch(t["code"]) == here
        ]
        if after and not node.get("countersign"):
            to = draw(st.sampled_from(after))
            node["skips"] = [{"code": "FAST", "to": to, "role": node["role"], "when": "f1 > 2"}]
    end = next(node for node in raw["nodes"] if node["kind"] == "end")
    end["return_to"] = [draw(st.sampled_from(tasks))["code"]]
    end["role"] = "section_head"

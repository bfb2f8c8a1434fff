"""An instance as a picture for the browser: which steps are done, who did them, where the loops went."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from minfang.kernel.base.clock import SHANGHAI, now
from minfang.kernel.iam.models import Role, RoleGrant
from minfang.kernel.workdays.queries import official_calendar
from minfang.kernel.workflow.definitions import graph_of
from minfang.kernel.workflow.graph import APPLICANT, Graph, Node
from minfang.kernel.workflow.layout import ROW, Point, between, main_line, positions, route, size
from minfang.kernel.workflow.models import ItemState, ProcessDefinition, ProcessInstance, WorkItem

DONE, CURRENT, TODO = "done", "current", "todo"
Drawn = dict[str, Any]


def drawing(definition: ProcessDefinition, instance: ProcessInstance | None = None) -> Drawn:
    """Nodes of the main line, side ways apart, edges with their corners, loops above the line.

    A node has its middle (x, y), size, state, people and ISO dates. A side step stands among ``nodes``
    while it waits, otherwise under ``side``. Without an instance it is the plain map of the definition.
    """
    graph = graph_of(definition.pk)
    named = {"code": definition.code, "version": definition.version, "title": definition.title}
    return {**sketch(graph, instance), **named}


def sketch(graph: Graph, instance: ProcessInstance | None = None) -> Drawn:
    """The drawing of any graph, a draft too; edges to nodes that do not exist are left out."""
    graph = graph.sound()
    points, line = positions(graph), main_line(graph)
    rows = _rows(instance)
    expected = _expected(instance)
    drawn = [_node(graph.node(code), point, rows, expected) for code, point in points.items()]
    _pass_gateways(graph, drawn, instance)
    drawn.sort(key=lambda node: (node["x"], -node["y"]))
    shown = [n for n in drawn if n["code"] in line or n["state"] == CURRENT or n["code"] in _blocks(graph)]
    return {
        "code": graph.code,
        "title": graph.title,
        "nodes": shown,
        "side": [node for node in drawn if node not in shown],
        "edges": _edges(graph, points, {node["code"]: node["state"] for node in drawn}),
        "loops": [*_supplements(graph, points, rows), *_returns(graph, points, rows)],
        "width": max((node["x"] + node["width"] / 2 for node in drawn), default=0),
        "height": max((node["y"] + node["height"] / 2 for node in drawn), default=0),
    }


def _rows(instance: ProcessInstance | None) -> list[WorkItem]:
    if instance is None:
        return []
    return list(instance.items.select_related("closed_by", "assignee").defer("opinion").order_by("number"))


def _blocks(graph: Graph) -> set[str]:
    """Steps inside parallel blocks belong to the picture even where the main line takes another branch."""
    return {code for code, branch in graph.places.items() if branch}


def _expected(instance: ProcessInstance | None) -> dict[str, str]:
    """For every role: the one person who holds it at the office, else the role's name."""
    names = dict(Role.objects.values_list("code", "name"))
    if instance is None:
        return names
    holders: dict[str, list[str]] = {}
    grants = RoleGrant.objects.filter(organization_id=instance.organization_id, person__is_active=True)
    for role, name in grants.values_list("role__code", "person__name"):
        holders.setdefault(role, []).append(name)
    return {**names, **{role: people[0] for role, people in holders.items() if len(people) == 1}}


def _node(node: Node, point: Point, rows: list[WorkItem], expected: dict[str, str]) -> Drawn:
    own = [row for row in rows if row.node == node.code]
    width, height = size(node.kind)
    state = _state(own)
    visits = [_visit(row) for row in own if row.closed_at is None or row.outcome]
    role = "申请人" if node.role == APPLICANT else expected.get(node.role, "")
    people = [visit["name"] for visit in visits if visit["name"]] or ([role] if role else [])
    return {
        "code": node.code,
        "name": node.name,
        "kind": node.kind,
        "x": point[0],
        "y": point[1],
        "width": width,
        "height": height,
        "state": state,
        "people": list(dict.fromkeys(people)) if node.kind != "system" or visits else [],
        "dates": [visit["date"] for visit in visits],
        "visits": visits,
        "rounds": len(own),
        "limit_days": node.limit_days,
    }


def _state(own: list[WorkItem]) -> str:
    if any(row.closed_at is None for row in own):
        return CURRENT
    if any(row.state == ItemState.DONE and row.current for row in own):
        return DONE
    return CURRENT if own and own[-1].state == ItemState.ASKED else TODO


def _visit(row: WorkItem) -> Drawn:
    """One round of a step; a step nobody has been assigned yet names nobody."""
    person = row.closed_by or row.assignee
    name = person.name if person else ("系统" if row.role == "system" else "")
    return {
        "name": name,
        "date": _iso(row.closed_at or row.arrived_at),
        "round": row.round,
        "state": row.state,
    }


def _day(at: datetime) -> date:
    return at.astimezone(SHANGHAI).date()


def _iso(at: datetime) -> str:
    return _day(at).isoformat()


def _pass_gateways(graph: Graph, drawn: list[Drawn], instance: ProcessInstance | None) -> None:
    """A gateway is done when a step behind it has been reached; the start once the instance exists."""
    if instance is None:
        return
    reached = {node["code"] for node in drawn if node["state"] != TODO} | {instance.end_node}
    for node in sorted(drawn, key=lambda node: node["x"], reverse=True):
        ahead = any(edge.target in reached for edge in graph.out(node["code"]))
        if node["kind"] in ("exclusive", "fork", "join") and ahead:
            reached.add(node["code"])
        if node["kind"] not in ("task", "system") and (node["code"] in reached or node["kind"] == "start"):
            node["state"] = DONE


def _edges(graph: Graph, points: dict[str, Point], states: dict[str, str]) -> list[Drawn]:
    drawn: dict[tuple[str, str], Drawn] = {}
    for edge in graph.edges:
        outcome = graph.node(edge.source).outcome(edge.outcome)
        label = (outcome.label or outcome.code) if outcome else ""
        passed = states[edge.source] == DONE and states[edge.target] != TODO
        entry = drawn.setdefault(
            (edge.source, edge.target),
            {
                "from": edge.source,
                "to": edge.target,
                "labels": [],
                "when": edge.when,
                "state": DONE if passed else TODO,
                "points": _route(graph, points, edge.source, edge.target),
            },
        )
        if label and label not in entry["labels"]:
            entry["labels"].append(label)
    return list(drawn.values())


def _route(graph: Graph, points: dict[str, Point], source: str, target: str) -> list[Point]:
    kinds = [graph.node(code).kind for code in (source, target)]
    start, end = points[source], points[target]
    aside = between(points.values(), start, end)
    return route(start, size(kinds[0]), end, size(kinds[1]), aside=aside)


def _supplements(graph: Graph, points: dict[str, Point], rows: list[WorkItem]) -> Iterable[Drawn]:
    """The supplements asked at each step: a loop above it with rounds, dates and working days paused."""
    cal = official_calendar()
    asked = [row for row in rows if graph.node(row.node).kind == "supplement"]
    for code in dict.fromkeys(row.asked_by for row in asked):
        rounds = [
            {
                "round": row.round,
                "asked": _iso(row.arrived_at),
                "answered": _iso(row.closed_at) if row.closed_at else None,
                "days": cal.between(_day(row.arrived_at), _day(row.closed_at or now())),
            }
            for row in asked
            if row.asked_by == code
        ]
        details = [_supplement_text(entry) for entry in rounds]
        name = f"{graph.node(asked[0].node).name} {len(rounds)} 轮"
        yield _loop(name, (code, code), points, rounds, "；".join(details))


def _supplement_text(entry: Drawn) -> str:
    answered = f"{entry['answered'][5:]} 补齐" if entry["answered"] else "待补正"
    return f"{entry['asked'][5:]} 告知，{answered}，停钟 {entry['days']} 日"


def _returns(graph: Graph, points: dict[str, Point], rows: list[WorkItem]) -> Iterable[Drawn]:
    """Who returned the case: a loop from the returner back to the next item opened by it."""
    found: dict[tuple[str, str], list[Drawn]] = {}
    for row in rows:
        if row.outcome != "RETURN" or row.closed_at is None:
            continue
        target = next((r.node for r in rows if r.number > row.number and r.arrived_at >= row.closed_at), "")
        if target in points:
            by = row.closed_by.name if row.closed_by else ""
            found.setdefault((row.node, target), []).append({"date": _iso(row.closed_at), "name": by})
    for (source, target), times in found.items():
        detail = "；".join(f"{entry['date'][5:]} {entry['name']}" for entry in times)
        yield _loop(f"退回 {len(times)} 次", (source, target), points, times, detail)


def _loop(
    name: str, ends: tuple[str, str], points: dict[str, Point], rounds: list[Drawn], detail: str
) -> Drawn:
    source, target = ends
    waiting = any(entry.get("answered", "") is None for entry in rounds)
    (x1, y1), (x2, y2) = points[source], points[target]
    return {
        "name": name,
        "from": source,
        "to": target,
        "x": (x1 + x2) / 2,
        "y": min(y1, y2) - ROW * 0.75,
        "state": CURRENT if waiting else DONE,
        "count": len(rounds),
        "rounds": rounds,
        "detail": detail,
    }

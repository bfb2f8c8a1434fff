"""Where the nodes of a graph stand in a drawing: the usual way straight from left to right.

Positions are the middles of the nodes. The definition's own ``layout`` wins; what it leaves out is
placed: the main line at height 0, parallel branches side by side, side ways below.
"""

from collections.abc import Iterable, Mapping

from minfang.kernel.workflow.graph import GATEWAYS, SIDE, Graph

COLUMN, ROW = 128.0, 84.0
TASK_SIZE, POINT_SIZE = (96.0, 44.0), (28.0, 28.0)
Point = tuple[float, float]


def size(kind: str) -> tuple[float, float]:
    """Width and height of a node: a box for a step, a diamond or circle for the rest."""
    return POINT_SIZE if kind in GATEWAYS | {"start", "end"} else TASK_SIZE


def positions(graph: Graph) -> dict[str, Point]:
    """The middle of every node; the side nodes (补正, 特别程序) have none, they are drawn as loops."""
    line = main_line(graph)
    columns = _columns(graph, line)
    taken: set[tuple[int, int]] = set()
    found: dict[str, Point] = {}
    lanes = dict.fromkeys(line, 0)
    for code in sorted(columns, key=lambda code: (code not in lanes, columns[code])):
        lane = lanes.get(code, _lane(graph, code, lanes))
        while (columns[code], lane) in taken:
            lane += 1
        taken.add((columns[code], lane))
        lanes[code] = lane
        found[code] = (columns[code] * COLUMN, lane * ROW)
    return {**found, **{code: point for code, point in graph.layout.items() if code in graph.nodes}}


def main_line(graph: Graph) -> list[str]:
    """The usual way: at every node the first edge that leads somewhere new, first outcome first."""
    start = graph.single("start")
    code, line = start.code if start else "", list[str]()
    while code and code not in line:
        line.append(code)
        code = next((target for target in _successors(graph, code) if target not in line), "")
    return line


def _successors(graph: Graph, code: str) -> list[str]:
    """Targets in the order the outcomes are listed, unnamed edges in the order written."""
    order = {outcome.code: n for n, outcome in enumerate(graph.node(code).outcomes)}
    edges = sorted(graph.out(code), key=lambda edge: order.get(edge.outcome, -1))
    return [edge.target for edge in edges]


def _columns(graph: Graph, line: list[str]) -> dict[str, int]:
    """The longest way from the start to each node, loops left out."""
    columns = dict.fromkeys(line[:1], 0)
    back: set[tuple[str, str]] = set()
    _find_back_edges(graph, line[0], [], set(), back) if line else None
    waiting = list(columns)
    while waiting:
        code = waiting.pop(0)
        for target in _successors(graph, code):
            if (code, target) not in back and columns.get(target, -1) < columns[code] + 1:
                columns[target] = columns[code] + 1
                waiting.append(target)
    for code, node in graph.nodes.items():
        if code not in columns and node.kind not in SIDE:
            near = [columns[target] for target in _successors(graph, code) if target in columns]
            columns[code] = min(near, default=0)
    return columns


def _find_back_edges(
    graph: Graph, code: str, path: list[str], seen: set[str], back: set[tuple[str, str]]
) -> None:
    seen.add(code)
    for target in _successors(graph, code):
        if target in path or target == code:
            back.add((code, target))
        elif target not in seen:
            _find_back_edges(graph, target, [*path, code], seen, back)


def _lane(graph: Graph, code: str, lanes: Mapping[str, int]) -> int:
    """Beside the node it comes from: one lane lower than the line it leaves."""
    sources = [edge.source for edge in graph.edges if edge.target == code and edge.source in lanes]
    if not sources:
        return 1
    source = sources[0]
    straight = len(graph.out(source)) == 1
    return lanes[source] if straight and lanes[source] else lanes[source] + 1


def between(points: Iterable[Point], start: Point, end: Point) -> bool:
    """Whether another node stands where a way down from ``start`` would pass."""
    return any(
        abs(x - start[0]) < TASK_SIZE[0] / 2 and start[1] < y <= end[1] for x, y in points if (x, y) != end
    )


def route(
    start: Point, start_size: Point, end: Point, end_size: Point, *, aside: bool = False
) -> list[Point]:
    """Corner points: straight on one height, one bend otherwise, a bow below when it leads back.

    ``aside`` leads a way down through the gap beside the node, where another one stands below it.
    """
    (x1, y1), (x2, y2) = start, end
    (w1, h1), (w2, h2) = start_size, end_size
    if x2 <= x1:
        low = max(y1 + h1 / 2, y2 + h2 / 2) + ROW / 4
        return [(x1, y1 + h1 / 2), (x1, low), (x2, low), (x2, y2 + h2 / 2)]
    if y1 == y2:
        return [(x1 + w1 / 2, y1), (x2 - w2 / 2, y2)]
    if y2 > y1 and aside:
        lane = x1 + w1 / 2 + (COLUMN - TASK_SIZE[0]) / 2
        return [(x1 + w1 / 2, y1 + h1 / 4), (lane, y1 + h1 / 4), (lane, y2), (x2 - w2 / 2, y2)]
    if y2 > y1:
        return [(x1, y1 + h1 / 2), (x1, y2), (x2 - w2 / 2, y2)]
    return [(x1 + w1 / 2, y1), (x2, y1), (x2, y2 + h2 / 2)]

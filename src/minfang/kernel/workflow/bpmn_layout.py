"""Where a BPMN file draws its nodes."""

from collections import Counter
from collections.abc import Mapping

from minfang.kernel.workflow.bpmn import shrunk
from minfang.kernel.workflow.bpmn_profile import DC, DI
from minfang.kernel.workflow.xmltree import Element


def drawn(root: Element, codes: Mapping[str, str]) -> dict[str, list[float]]:
    """The middles of the shapes drawn; what the file does not draw is placed by the product."""
    found: dict[str, list[float]] = {}
    for diagram in root.all(DI, "BPMNDiagram"):
        for plane in diagram.all(DI, "BPMNPlane"):
            for shape in plane.all(DI, "BPMNShape"):
                code, bounds = codes.get(shape.get("bpmnElement")), shape.first(DC, "Bounds")
                point = _middle(bounds) if code and bounds else None
                if code and point:
                    found[code] = point
    stacked = [point for point, times in Counter(map(tuple, found.values())).items() if times > 1]
    return {} if stacked or len(found) < len(codes) else found


def _middle(bounds: Element) -> list[float] | None:
    try:
        x, y, width, height = (float(bounds.get(name)) for name in ("x", "y", "width", "height"))
        middle = list(shrunk((x + width / 2, y + height / 2)))
    except (ValueError, OverflowError):
        return None
    return middle if all(abs(value) < 1_000_000 for value in middle) else None

"""The three views by name, so that pages and the stream make them the same way."""

from collections.abc import Callable

from minfang.registry.models import Works
from minfang.supervision.live import emergency, matrix, peace, points
from minfang.supervision.live.points import Snapshot
from minfang.supervision.live.schemas import LiveEmergencyOut, LiveMatrixOut, LivePeaceOut

View = LivePeaceOut | LiveEmergencyOut | LiveMatrixOut
VIEWS: dict[str, Callable[[Snapshot], View]] = {
    "peace": peace.view,
    "emergency": emergency.view,
    "matrix": matrix.view,
}


def make(works: Works, names: set[str]) -> dict[str, View]:
    """The views of these names from one snapshot."""
    snapshot = points.read(works)
    return {name: VIEWS[name](snapshot) for name in names}

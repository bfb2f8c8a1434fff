"""What is asked of the rules."""

from minfang.supervision.rules.engine import Engine


def live_engine() -> Engine:
    """The engine of this process by the published versions; reads anew when a version changed."""
    return Engine(())

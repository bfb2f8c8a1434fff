"""What changes rules and their memory."""

from minfang.supervision.rules.engine import Engine


def save_states(engine: Engine) -> int:
    """Write what the engine's memory changed since the last call, in the caller's transaction; how many
    rows.
    """
    return 0

"""Life and readiness of works: which states may follow which, and what the number says of it."""

from minfang.registry.definitions import load
from minfang.registry.models import Lifecycle


def next_lifecycles(state: str) -> list[str]:
    """States of life that may follow (handbook §8.3)."""
    return list(load("works")["lifecycle"]["next"].get(state, []))


def next_op_states(state: str) -> list[str]:
    """States of readiness that may follow (handbook §9.2)."""
    return list(load("works")["op_state"]["next"].get(state, []))


def is_grave(state: str) -> bool:
    """Whether a reason must be given before a work enters this state."""
    return state in load("works")["lifecycle"]["grave"]


def is_unfinished(state: str) -> bool:
    """Whether a work in this state still carries the prefix of works that are not in use."""
    return state in load("works")["lifecycle"]["unfinished"]


def prefix() -> str:
    """What stands before the number of an unfinished work."""
    return str(load("works")["number"]["unfinished"])


def numbered(number: str, state: str) -> str:
    """The number a work carries in this state: with the prefix while unfinished, without it afterwards."""
    bare = number.removeprefix(prefix()) if number.startswith(f"{prefix()}RF-") else number
    return f"{prefix()}{bare}" if is_unfinished(state) else bare


def label(state: str) -> str:
    """The name of a state of life."""
    return str(Lifecycle(state).label)

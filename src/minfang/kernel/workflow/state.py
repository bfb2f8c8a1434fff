"""The state of one instance as plain values, and how an event changes it.

Every event carries its effects, so the state is the fold of ``apply`` over the events: the rows the
product works with and the history can be compared at any time (``replay``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

OPEN, DONE, RETURNED, WITHDRAWN, ASKED, CANCELLED, SKIPPED, REMOVED = (
    "OPEN",
    "DONE",
    "RETURNED",
    "WITHDRAWN",
    "ASKED",
    "CANCELLED",
    "SKIPPED",
    "REMOVED",
)
RUNNING, SUSPENDED, CANCELLING, VOIDING, CLOSED, VOIDED = (
    "RUNNING",
    "SUSPENDED",
    "CANCELLING",
    "VOIDING",
    "CLOSED",
    "VOIDED",
)
ENDED = frozenset({CLOSED, CANCELLED, VOIDED})
ASIDE = frozenset({CANCELLING, VOIDING})
BEFORE, AFTER, PARALLEL, DELEGATE = "before", "after", "parallel", "delegate"


@dataclass(frozen=True)
class Item:
    """One work item. ``number`` counts the items of an instance in the order they were opened.

    ``current`` is false once a return, a withdrawal or a loop made this item's result count no longer.
    ``jump_to`` is the step to go back to directly; ``asked_by`` the step that waits for a supplement;
    ``touched`` that somebody has opened, claimed or transferred it.

    A step may be done by several: ``visit`` is the number of the first item of one passage through the
    step (0 for an item alone), ``actor`` the seat of a countersigned step or ``+`` and the person who was
    added. ``duty`` says why an added item is there (``before``, ``after``, ``parallel``, ``delegate``;
    empty for a voice of the step itself), ``added_to`` the item it was added to, and ``held`` that it
    waits for another item of the step.
    """

    number: int
    node: str
    branch: str
    round: int
    state: str = OPEN
    actor: str = ""
    assignee: int | None = None
    closed_by: int | None = None
    outcome: str = ""
    current: bool = True
    touched: bool = False
    jump_to: str = ""
    asked_by: str = ""
    visit: int = 0
    duty: str = ""
    added_to: int = 0
    held: bool = False

    @property
    def passage(self) -> int:
        """Which passage through the step this item belongs to."""
        return self.visit or self.number

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do it."""
        return self.state == OPEN


@dataclass
class State:
    """An instance: its items, which branches of running blocks have arrived, and whether it runs.

    ``resumes`` is the phase to go back to when the approval of a cancellation or of voiding is refused.
    """

    items: dict[int, Item] = field(default_factory=dict)
    arrivals: dict[str, list[int]] = field(default_factory=dict)
    phase: str = RUNNING
    end: str = ""
    starter: int | None = None
    resumes: str = ""

    def open_items(self) -> list[Item]:
        """What has to be done now, in the order opened."""
        return [item for item in self.items.values() if item.is_open]

    def copy(self) -> "State":
        """A state that may be changed without changing this one."""
        arrivals = {fork: list(done) for fork, done in self.arrivals.items()}
        return State(dict(self.items), arrivals, self.phase, self.end, self.starter, self.resumes)


@dataclass
class Effects:
    """What one verb does to the state; this, as JSON, is the body of the event."""

    closed: list[dict[str, Any]] = field(default_factory=list)
    opened: list[Item] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    arrivals: dict[str, list[int]] = field(default_factory=dict)
    phase: str = RUNNING
    end: str = ""
    starter: int | None = None
    resumes: str = ""

    def data(self) -> dict[str, Any]:
        """The effects as JSON."""
        return asdict(self)


def apply(state: State, data: Mapping[str, Any]) -> State:
    """The state after an event with these effects."""
    after = state.copy()
    for change in (*data["closed"], *data["changed"]):
        number = change["number"]
        after.items[number] = replace(after.items[number], **change)
    for item in data["opened"]:
        after.items[item["number"]] = Item(**item)
    after.arrivals = {fork: list(done) for fork, done in data["arrivals"].items()}
    after.phase, after.end, after.starter = data["phase"], data["end"], data["starter"]
    after.resumes = data.get("resumes", "")
    return after


class Recorded(Protocol):
    """An event as far as replaying needs it."""

    data: dict[str, Any]


def replay(events: Iterable[Recorded]) -> State:
    """Rebuild the state from the history alone."""
    state = State()
    for event in events:
        state = apply(state, event.data)
    return state

"""What a platform connector is, and which there are.

A connector turns one stored message into one call. It knows nothing of transactions, retries or order;
the delivery around it does. It raises one of three answers when the call did not succeed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from minfang.kernel.exchange.models import OutboxMessage

Callback = Callable[["OutboxMessage", dict[str, Any]], None]
Book = dict[tuple[str, str], list[Callback]]


@dataclass(frozen=True)
class Exchanged:
    """What went over the wire in one call, kept as evidence."""

    request: str = ""
    response: str = ""
    status: int | None = None


@dataclass(frozen=True)
class Delivery:
    """The platform took the message. ``answer`` is what it said, e.g. the case number it issued."""

    answer: dict[str, Any] = field(default_factory=dict)
    exchanged: Exchanged = Exchanged()


def storable(text: str) -> str:
    """Words of a platform without what no database takes: NUL and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class Undelivered(Exception):
    """The message did not reach its platform; ``reason`` is shown to the person who looks after it."""

    def __init__(self, reason: str, exchanged: Exchanged | None = None) -> None:
        super().__init__(reason)
        self.reason = storable(reason)
        self.exchanged = exchanged or Exchanged()


class Unreachable(Undelivered):
    """No answer, or a fault of the platform: try again by the schedule, with the same key."""


class Rejected(Undelivered):
    """The platform understood and refused: trying again changes nothing, a person has to look."""


class NotYet(Undelivered):
    """Something of our own is missing first (the case number): look again soon, not counted as a try."""


class Connector:
    """One outside platform. Connectors of the same ``lane`` keep one order per subject between them."""

    code: ClassVar[str]
    name: ClassVar[str]
    lane: ClassVar[str] = ""

    def prepare(self, messages: "Sequence[OutboxMessage]") -> None:
        """Look up at once what several deliveries need; called before them in the claiming thread."""

    def deliver(self, message: "OutboxMessage") -> Delivery:
        """Make the call, sending ``message.key`` along as idempotency key."""
        raise NotImplementedError


_connectors: dict[str, Connector] = {}
_owners: list[Callable[[str], int | None]] = []
_delivered: Book = {}
_dead: Book = {}


def register(connector: Connector) -> Connector:
    """Make a connector known under its code; a later one of the same code takes its place (tests)."""
    _connectors[connector.code] = connector
    return connector


def get(code: str) -> Connector | None:
    """The connector of this code, or ``None`` when this installation has none."""
    return _connectors.get(code)


def codes() -> list[str]:
    """The codes of all connectors."""
    return sorted(_connectors)


def name_of(code: str) -> str:
    """The name of the platform as people know it."""
    connector = _connectors.get(code)
    return connector.name if connector else code


def lane_of(code: str) -> str:
    """The name under which a connector keeps order; its own code unless it shares a lane."""
    connector = _connectors.get(code)
    return (connector.lane if connector else "") or code


def names_office(owner: Callable[[str], int | None]) -> Callable[[str], int | None]:
    """Decorator: says which office a subject belongs to, by its id; ``None`` when it is not its to say."""
    if owner not in _owners:
        _owners.append(owner)
    return owner


def office_of(subject: str) -> int | None:
    """The office a message about this subject speaks for; ``None`` concerns the whole city."""
    return next((office for owner in _owners if (office := owner(subject)) is not None), None)


def _listen(book: Book, key: tuple[str, str]) -> Callable[[Callback], Callback]:
    def add(callback: Callback) -> Callback:
        callbacks = book.setdefault(key, [])
        if callback not in callbacks:
            callbacks.append(callback)
        return callback

    return add


def when_delivered(connector: str, dataset: str) -> Callable[[Callback], Callback]:
    """Decorator: run in the transaction that marks a message of this dataset delivered."""
    return _listen(_delivered, (connector, dataset))


def when_dead(connector: str, dataset: str) -> Callable[[Callback], Callback]:
    """Decorator: run in the transaction that gives a message of this dataset up to a person."""
    return _listen(_dead, (connector, dataset))


def callbacks_delivered(message: "OutboxMessage") -> list[Callback]:
    """The callbacks waiting for the delivery of such a message."""
    return _delivered.get((message.connector, message.dataset), [])


def callbacks_dead(message: "OutboxMessage") -> list[Callback]:
    """The callbacks waiting for such a message being given up."""
    return _dead.get((message.connector, message.dataset), [])

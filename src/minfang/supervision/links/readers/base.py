"""The shape all readers have."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol

from minfang.supervision.links.models import DataLink
from minfang.supervision.links.positions import Stored

Row = tuple[Any, ...]


@dataclass(frozen=True)
class ColumnInfo:
    """A column of a source and its kind: number, text, time, bool or other."""

    name: str
    kind: str
    native: str = ""


@dataclass(frozen=True)
class Page:
    """Rows in order with the number of the first, the position behind the last, and its watermark."""

    rows: list[Row]
    first: int
    position: dict[str, Any]
    watermark: Stored = field(default_factory=dict)


class Reader(Protocol):
    """Reads the rows of one run in order; may be asked to go on behind a position.

    ``prepare`` settles where a run begins (kept in its position, so that going on later means the same rows);
    ``pages`` yields from a position; ``count`` asks the source how many rows lie between the beginning and a
    position, None where it cannot say. ``from_the_start``: an interrupted run cannot be gone on with.
    """

    link: DataLink
    columns: list[str]
    from_the_start: bool = False

    def __enter__(self) -> "Reader": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def prepare(self) -> dict[str, Any]:
        """The position a run begins with."""
        ...

    def pages(self, position: dict[str, Any]) -> Iterator[Page]:
        """The pages behind a position."""
        ...

    def count(self, position: dict[str, Any], whole: bool = False) -> int | None:
        """Rows from the beginning of the run up to a position, or all that a run would read now."""
        ...

    def without_mark(self) -> int:
        """Rows whose increment column is empty: no incremental run ever sees them."""
        ...


def kind_of(value: Any) -> str:
    """The kind of a value found in a row."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)) or type(value).__name__ == "Decimal":
        return "number"
    if type(value).__name__ in ("datetime", "date", "time"):
        return "time"
    if isinstance(value, str):
        return "text"
    return "other"

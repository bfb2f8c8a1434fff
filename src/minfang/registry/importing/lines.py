"""One row of a file: what it says, what it would change, and what is wrong with it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q

from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Person
from minfang.registry.access import places
from minfang.registry.importing.cells import Unusable, value_of
from minfang.registry.importing.sheet import Sheet
from minfang.registry.models import seen_by

NEW, CHANGED, SAME, WRONG = "NEW", "CHANGED", "SAME", "WRONG"
MERGED = "此处为合并单元格，只有首格有值，请取消合并后填写。"


@dataclass
class Line:
    """A row by its line number in the file; ``row`` is the object it makes or changes."""

    number: int
    cells: list[Any]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    row: Any = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        if self.problems:
            return WRONG
        if self.row is None or self.row.pk is None:
            return NEW
        return CHANGED if self.after else SAME

    def wrong(self, title: str, text: str) -> None:
        """Say what is wrong in a column."""
        if all(known != title for known, _ in self.problems):
            self.problems.append((title, text))


@dataclass(frozen=True)
class Scope:
    """Where whoever imports may write; ``person`` is nobody on the command line."""

    works: Q
    everywhere: bool
    districts: frozenset[str]
    keepers: frozenset[int]
    person: Person | None

    @classmethod
    def of(cls, access: Access) -> "Scope":
        """Where this person keeps works."""
        everywhere, districts, keepers = places(access)
        return cls(
            seen_by(access, "works.manage"),
            everywhere,
            frozenset(districts),
            frozenset(keepers),
            access.person,
        )

    @classmethod
    def whole(cls) -> "Scope":
        """The operator of the installation."""
        return cls(Q(), True, frozenset(), frozenset(), None)

    def holds(self, district: str, keeper_id: int | None) -> bool:
        """Whether a work there is theirs."""
        return self.everywhere or district in self.districts or keeper_id in self.keepers


def parse(sheet: Sheet, *keys: str) -> list[Line]:
    """Every row with the values of its cells; rows that repeat the keys of an earlier one are wrong."""
    lines = [_parsed(sheet, number, cells) for number, cells in sheet.rows]
    last = keys[-1]
    title = next((column.title for column in sheet.columns.values() if column.name == last), last)
    first: dict[tuple[Any, ...], int] = {}
    for line in lines:
        value = tuple(line.values.get(key) for key in keys)
        if None not in value and first.setdefault(value, line.number) != line.number:
            line.wrong(title, f"与第 {first[value]} 行重复。")
    return lines


def _parsed(sheet: Sheet, number: int, cells: list[Any]) -> Line:
    line = Line(number, cells)
    for at, column in sheet.columns.items():
        cell = cells[at] if at < len(cells) else None
        try:
            value = value_of(column, cell)
        except Unusable as problem:
            line.wrong(column.title, str(problem))
            continue
        if value is not None:
            line.values[column.name] = value
        elif column.required:
            line.wrong(column.title, MERGED if (number - 1, at) in sheet.merged else "请填写。")
    return line


def by_names(rows: Any, *names: str) -> dict[str, Any]:
    """Objects by any of their names; a name two objects share names neither."""
    found: dict[str, Any] = {}
    for row in rows:
        for name in {str(getattr(row, one) or "") for one in names} - {""}:
            found[name] = None if name in found and found[name] != row else row
    return found


def refer(line: Line, title: str, text: str | None, known: Callable[[str], Any], what: str) -> Any:
    """What a name in a cell stands for; nothing where the cell is empty."""
    if text is None:
        return None
    found = known(text)
    if found is None:
        line.wrong(title, f"没有{what}“{text}”。")
    return found


def compare(line: Line, stored: models.Model, wanted: dict[str, Any]) -> None:
    """Note what a row changes of what is stored; what its cells leave empty stays."""
    for name, value in wanted.items():
        old = getattr(stored, name)
        if value is not None and old != value:
            line.before[name], line.after[name] = plain(old), plain(value)
            setattr(stored, name, value)
    line.row = stored


def plain(value: Any) -> Any:
    """A value as the history keeps it."""
    if isinstance(value, models.Model):
        return str(value)
    if value is None or isinstance(value, str | int | bool | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else float(value)


def chunks(lines: list[Line], size: int) -> Iterator[list[Line]]:
    """The lines in parts."""
    for start in range(0, len(lines), size):
        yield lines[start : start + size]

"""The shape all writers have."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from minfang.kernel.iam.models import Organization
from minfang.registry.models import Device
from minfang.registry.models.works import CITY_WIDE, OF_A_DISTRICT
from minfang.supervision.links.models import DataLink

LONGEST_VALUE = 100


@dataclass(frozen=True)
class Refused:
    """One row that was not taken."""

    row: int
    key: str
    code: str
    reason: str
    data: dict[str, str]


@dataclass
class Outcome:
    """What became of the values of a page. ``due`` should be in the store now, ``found`` of them are."""

    read: int = 0
    written: int = 0
    duplicates: int = 0
    dropped: int = 0
    failed: int = 0
    due: int = 0
    found: int = 0
    refusals: list[Refused] = field(default_factory=list)


class Writer:
    """Writes the rows of a page in the caller's transaction; each row makes ``per_row`` values."""

    per_row = 1

    def __init__(self, link: DataLink, columns: list[str]) -> None:
        self.link, self.columns = link, columns
        self.office = link.source.office.office

    def write(self, rows: list[tuple[Any, ...]], first: int, history: bool) -> Outcome:
        """Take these rows, the first of which is number ``first``."""
        raise NotImplementedError

    def say(self, row: tuple[Any, ...]) -> tuple[list[str], str]:
        """What a row would become in words, or why it would be refused; nothing is stored."""
        raise NotImplementedError

    def refuse(self, number: int, row: tuple[Any, ...], code: str, reason: str, key: str = "") -> Refused:
        """A refusal with the row as a person reads it."""
        data = {
            name: "" if value is None else str(value)[:LONGEST_VALUE]
            for name, value in zip(self.columns, row, strict=False)
        }
        return Refused(number, key[:200], code, reason[:300], data)


def in_scope(office: Organization, prefix: str = "works__") -> Q:
    """The condition on works an office may write to: those it may see."""
    if office.kind in CITY_WIDE:
        return Q()
    if office.kind in OF_A_DISTRICT:
        return Q(**{f"{prefix}district_code": office.district_code})
    return Q(**{f"{prefix}managing_unit": office.pk})


def device_names(office: Organization, by: str) -> dict[str, str]:
    """Name on the wire of every device this office may write to, by its number or that name."""
    rows = Device.objects.filter(in_scope(office), retired_at=None).values_list(by, "device_id")
    return dict(rows)

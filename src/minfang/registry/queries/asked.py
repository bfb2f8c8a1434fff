"""What a list of works or devices may be asked for; the same for pages and exports."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet

from minfang.registry.schemas import FacetCount

LARGEST_PAGE = 500


@dataclass(frozen=True)
class WorksAsked:
    """Filters of the list of works."""

    keyword: str = ""
    district: str = ""
    kind: str = ""
    level: str = ""
    lifecycle: str = ""
    op_state: str = ""
    keeper: int = 0
    sort: str = "number"
    page: int = 1
    size: int = 20


@dataclass(frozen=True)
class DevicesAsked:
    """Filters of the list of devices; ``retired`` shows those that were replaced too."""

    keyword: str = ""
    type: str = ""
    status: str = ""
    works: int = 0
    unit: int = 0
    maker: int = 0
    batch: int = 0
    installer: int = 0
    district: str = ""
    retired: bool = False
    sort: str = "number"
    page: int = 1
    size: int = 20
    ids: list[int] = field(default_factory=list)


def part(rows: QuerySet[Any], page: int, size: int) -> QuerySet[Any]:
    """One page of the rows."""
    size = min(max(size, 1), LARGEST_PAGE)
    start = (max(page, 1) - 1) * size
    return only_named(rows, slice(start, start + size))


def only_named(rows: QuerySet[Any], window: slice) -> QuerySet[Any]:
    """The rows of the window, found by their numbers first: sorting ten thousand numbers is quick, sorting
    them with everything a list shows of each is not.
    """
    return rows.filter(pk__in=list(rows.select_related(None).values_list("pk", flat=True)[window]))


def counts(rows: QuerySet[Any], name: str, labels: dict[str, str]) -> list[FacetCount]:
    """How many rows there are of each value of a field, in the order of the labels."""
    found = dict(rows.order_by().values_list(name).annotate(n=Count("pk")))
    return [FacetCount(value=v, label=t, count=found[v]) for v, t in labels.items() if found.get(v)]

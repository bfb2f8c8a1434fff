"""The parts of a work as forms need them: with their references, and those given up too."""

from typing import Any

from django.db.models import QuerySet

from minfang.kernel.base.schemas import Option
from minfang.kernel.iam.access import Access
from minfang.registry.access import works_of
from minfang.registry.definitions import load
from minfang.registry.models import EntranceRank, Works
from minfang.registry.parts import KINDS, PartKind
from minfang.registry.schemas.parts import PartCategory, PartFacts, PartOut, PartsOut


def parts_of(access: Access, works_id: int) -> PartsOut:
    """Everything a work consists of, and the choices of the forms."""
    works = works_of(access, works_id, "works.read")
    rows = {code: [_out(kind, row) for row in _all(kind, works)] for code, kind in KINDS.items()}
    return PartsOut(
        version=works.version,
        floors=rows["floor"],
        units=rows["unit"],
        rooms=rows["room"],
        entrances=rows["entrance"],
        equipment=rows["equipment"],
        ranks=[Option(value=value, label=str(label)) for value, label in EntranceRank.choices],
        categories=categories(),
    )


def categories() -> list[PartCategory]:
    """Kinds of equipment and the design values each may have."""
    known = load("works")["equipment"]
    return [
        PartCategory(
            value=code,
            label=one["name"],
            design=[Option(value=name, label=known["design"][name]) for name in one["design"]],
        )
        for code, one in known["categories"].items()
    ]


def part_rows(access: Access, works_id: int, kind: PartKind) -> QuerySet[Any]:
    """The standing parts of one kind in a work, to be exported."""
    works = works_of(access, works_id, "works.read")
    rows: QuerySet[Any] = kind.model.objects.filter(works=works)
    return rows.select_related("works", *kind.references).order_by(kind.number)


def _all(kind: PartKind, works: Works) -> QuerySet[Any]:
    rows: QuerySet[Any] = kind.model.every.filter(works=works)
    return rows.order_by("-level" if kind.code == "floor" else kind.number)


def _out(kind: PartKind, row: Any) -> PartOut:
    names = [kind.model._meta.get_field(name).attname for name in (*kind.fields, *_fixed(kind))]
    known = {name: getattr(row, name) for name in names if name in PartFacts.model_fields}
    return PartOut(**known, id=row.pk, no=getattr(row, kind.number), retired_at=row.retired_at)


def _fixed(kind: PartKind) -> tuple[str, ...]:
    """What is set when a part is entered and stays."""
    return ("category",) if kind.code == "equipment" else ()

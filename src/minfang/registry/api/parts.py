"""Parts of works in the office: floors, units, rooms, entrances, equipment."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, require_fresh, requires
from minfang.registry import queries, workbooks
from minfang.registry.actions import parts as actions
from minfang.registry.actions.reading import exported
from minfang.registry.api.works import MANAGE, ONE, attachment
from minfang.registry.parts import KINDS
from minfang.registry.queries import parts
from minfang.registry.schemas import WorksDetail
from minfang.registry.schemas.parts import PartCode, PartIn, PartsOut, PartStateIn

router = Router(tags=["工程"], auth=[requires("works.read")])


@router.get("/{int:works_id}/parts", response={200: PartsOut, **PROBLEMS}, operation_id="get_parts")
def get_parts(request: HttpRequest, works_id: int) -> PartsOut:
    """Everything a work consists of, those given up too."""
    return parts.parts_of(access_of(request), works_id)


@router.get(
    "/{int:works_id}/parts/{part_kind}/export.xlsx",
    operation_id="export_parts",
    auth=[requires("iot.export")],
)
def export_parts(request: HttpRequest, works_id: int, part_kind: PartCode) -> HttpResponse:
    """The parts of one kind as a file that may be corrected and imported again."""
    access = access_of(request)
    rows = parts.part_rows(access, works_id, KINDS[part_kind])
    require_fresh(request)
    content = workbooks.export(part_kind, rows)
    exported(access, KINDS[part_kind].label, {"works": works_id})
    return attachment(content, f"{part_kind}.xlsx")


@router.post("/{int:works_id}/parts/{part_kind}", response=ONE, operation_id="add_part", auth=MANAGE)
def add_part(request: HttpRequest, works_id: int, part_kind: PartCode, body: PartIn) -> WorksDetail:
    """Enter a part."""
    access = access_of(request)
    actions.add_part(access, works_id, part_kind, body)
    return queries.works_detail(access, works_id)


@router.put(
    "/{int:works_id}/parts/{part_kind}/{int:part_id}", response=ONE, operation_id="change_part", auth=MANAGE
)
def change_part(
    request: HttpRequest, works_id: int, part_kind: PartCode, part_id: int, body: PartIn
) -> WorksDetail:
    """Correct a part."""
    access = access_of(request)
    actions.change_part(access, works_id, part_kind, part_id, body)
    return queries.works_detail(access, works_id)


@router.post(
    "/{int:works_id}/parts/{part_kind}/{int:part_id}/state",
    response=ONE,
    operation_id="change_part_state",
    auth=MANAGE,
)
def change_part_state(
    request: HttpRequest, works_id: int, part_kind: PartCode, part_id: int, body: PartStateIn
) -> WorksDetail:
    """Give a part up or take it back."""
    access = access_of(request)
    actions.change_part_state(access, works_id, part_kind, part_id, body)
    return queries.works_detail(access, works_id)

"""Works in the office: list, page, changes, life, readiness, export."""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import File, Query, Router, UploadedFile
from ninja import Schema as Filters

from minfang.kernel.base.schemas import PROBLEMS
from minfang.kernel.iam.access import access_of, require_fresh, requires
from minfang.registry import actions, queries, workbooks
from minfang.registry.actions import importing
from minfang.registry.actions.reading import exported
from minfang.registry.importing import plan, sheet
from minfang.registry.importing.lines import Scope
from minfang.registry.queries.asked import WorksAsked
from minfang.registry.schemas import (
    LifecycleIn,
    OpStateIn,
    RegistryOptions,
    WorksChange,
    WorksDetail,
    WorksIn,
    WorksList,
)
from minfang.registry.schemas.importing import ImportDone, ImportPreview

router = Router(tags=["工程"], auth=[requires("works.read")])
MANAGE = [requires("works.manage")]
ImportKind = Literal["works", "devices", "floor", "unit", "room", "entrance", "equipment"]
ONE = {200: WorksDetail, **PROBLEMS}


class WorksFilters(Filters):
    """Filters of the list, all shareable in the address."""

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


@router.get("", response={200: WorksList, **PROBLEMS}, operation_id="list_works")
def list_works(request: HttpRequest, filters: WorksFilters = Query(...)) -> WorksList:  # noqa: B008
    """Works within what I may see."""
    return queries.works_list(access_of(request), WorksAsked(**filters.dict()))


@router.get("/export.xlsx", operation_id="export_works", auth=[requires("iot.export")])
def export_works(request: HttpRequest, filters: WorksFilters = Query(...)) -> HttpResponse:  # noqa: B008
    """The filtered list as a file that may be corrected and imported again."""
    access = access_of(request)
    require_fresh(request)
    rows = queries.works_rows(access, WorksAsked(**filters.dict())).select_related("owner", "contractor")
    content = workbooks.export("works", rows[: workbooks.MOST])
    exported(access, "works", filters.dict())
    return attachment(content, "works.xlsx")


@router.get("/options", response={200: RegistryOptions, **PROBLEMS}, operation_id="get_registry_options")
def get_registry_options(request: HttpRequest) -> RegistryOptions:
    """What filters and forms offer."""
    return queries.options(access_of(request))


@router.get("/{int:works_id}", response=ONE, operation_id="get_works")
def get_works(request: HttpRequest, works_id: int) -> WorksDetail:
    """One work with all that stands in it."""
    return queries.works_detail(access_of(request), works_id)


@router.post("", response=ONE, operation_id="create_works", auth=MANAGE)
def create_works(request: HttpRequest, body: WorksIn) -> WorksDetail:
    """Enter a work."""
    access = access_of(request)
    return queries.works_detail(access, actions.create_works(access, body).pk)


@router.put("/{int:works_id}", response=ONE, operation_id="change_works", auth=MANAGE)
def change_works(request: HttpRequest, works_id: int, body: WorksChange) -> WorksDetail:
    """Correct the facts of a work."""
    access = access_of(request)
    actions.change_works(access, works_id, body)
    return queries.works_detail(access, works_id)


@router.post("/{int:works_id}/lifecycle", response=ONE, operation_id="change_works_lifecycle", auth=MANAGE)
def change_works_lifecycle(request: HttpRequest, works_id: int, body: LifecycleIn) -> WorksDetail:
    """Move a work on in its life."""
    access = access_of(request)
    actions.change_lifecycle(access, works_id, body)
    return queries.works_detail(access, works_id)


@router.post("/{int:works_id}/op-state", response=ONE, operation_id="change_works_op_state", auth=MANAGE)
def change_works_op_state(request: HttpRequest, works_id: int, body: OpStateIn) -> WorksDetail:
    """Change the readiness of a work."""
    access = access_of(request)
    actions.change_op_state(access, works_id, body)
    return queries.works_detail(access, works_id)


@router.get("/import/{kind}/template.xlsx", operation_id="get_import_template", auth=MANAGE)
def get_import_template(request: HttpRequest, kind: ImportKind) -> HttpResponse:
    """An empty file with the headings an import understands."""
    return attachment(workbooks.template(kind), f"{kind}-template.xlsx")


@router.post(
    "/import/{kind}/preview",
    response={200: ImportPreview, **PROBLEMS},
    operation_id="preview_import",
    auth=MANAGE,
)
def preview_import(
    request: HttpRequest,
    kind: ImportKind,
    file: UploadedFile = File(...),  # noqa: B008
) -> ImportPreview:
    """What a file would make and change, and what is wrong in it; nothing is written."""
    return plan.preview(plan.judge(kind, _content(file), Scope.of(access_of(request))))


@router.post("/import/{kind}/wrong.xlsx", operation_id="get_wrong_rows", auth=MANAGE)
def get_wrong_rows(
    request: HttpRequest,
    kind: ImportKind,
    file: UploadedFile = File(...),  # noqa: B008
) -> HttpResponse:
    """The rows to be corrected with their problems beside them."""
    judged = plan.judge(kind, _content(file), Scope.of(access_of(request)))
    return attachment(plan.wrong_rows(judged), f"{kind}-wrong.xlsx")


@router.post(
    "/import/{kind}", response={200: ImportDone, **PROBLEMS}, operation_id="import_registry", auth=MANAGE
)
def import_registry(
    request: HttpRequest,
    kind: ImportKind,
    only_good: bool = False,
    file: UploadedFile = File(...),  # noqa: B008
) -> ImportDone:
    """Import a file, all of it or only its good rows."""
    return importing.carry_out(kind, _content(file), Scope.of(access_of(request)), only_good=only_good)


def _content(file: UploadedFile) -> bytes:
    """The bytes of an upload, no more than are looked at anyway."""
    return bytes(file.read(sheet.LARGEST_FILE + 1))


def attachment(content: bytes, name: str) -> HttpResponse:
    """A workbook as a download."""
    response = HttpResponse(content, content_type=workbooks.KIND)
    response["Content-Disposition"] = f"attachment; filename={name}"
    return response

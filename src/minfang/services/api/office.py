"""The officer's side: desk, lists, case page, verbs, pushes to the outside world."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from minfang.kernel.iam.access import access_of, require_fresh, requires
from minfang.services import grave
from minfang.services import office_queries as queries
from minfang.services.actions import materials, office, reading
from minfang.services.schemas import (
    ActIn,
    ActOut,
    Colleague,
    Desk,
    MaterialOut,
    MaterialReviewIn,
    MessageOut,
    OfficeCase,
    OfficeCaseList,
    OfficeChoice,
    PhraseIn,
    Problem,
    SearchHit,
)

router = Router(tags=["办公"], auth=[requires("case.read")])
PROBLEMS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 422: Problem}


class CaseFilter(Schema):
    """Filters of the case list, all shareable in the address."""

    tab: str = "todo"
    keyword: str = ""
    matter: str = ""
    light: str = ""
    node: str = ""
    status: str = ""
    district: str = ""
    due_from: date | None = None
    due_to: date | None = None
    stat: str = ""
    sort: str = "urgent"
    page: int = 1
    size: int = 20


@router.get("/desk", response={200: Desk, **PROBLEMS}, operation_id="get_desk")
def get_desk(request: HttpRequest) -> Desk:
    """My desk: counts, most urgent cases, days ahead, messages."""
    return queries.desk(access_of(request))


@router.get("/cases", response={200: OfficeCaseList, **PROBLEMS}, operation_id="list_cases")
def list_cases(request: HttpRequest, filters: CaseFilter = Query(...)) -> OfficeCaseList:  # noqa: B008
    """Cases of my offices: my to-do, what I did, or all."""
    return queries.case_list(access_of(request), filters.dict())


@router.get("/cases.xlsx", operation_id="export_cases", auth=[requires("case.export")])
def export_cases(request: HttpRequest, filters: CaseFilter = Query(...)) -> HttpResponse:  # noqa: B008
    """The filtered list as a workbook."""
    access = access_of(request)
    require_fresh(request)
    content = queries.case_workbook(access, filters.dict())
    reading.exported(access, "cases", filters.dict())
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = "attachment; filename=cases.xlsx"
    return response


@router.get("/cases/{case_id}", response={200: OfficeCase, **PROBLEMS}, operation_id="get_case")
def get_case(request: HttpRequest, case_id: int) -> OfficeCase:
    """One case with all an officer needs to judge it; seeing it is an event."""
    access = access_of(request)
    found = queries.office_case(access, case_id)
    reading.case_opened(access, found)
    return found


@router.post("/cases/{case_id}/open", response={204: None, **PROBLEMS}, operation_id="open_case")
def open_case(request: HttpRequest, case_id: int) -> tuple[int, None]:
    """Note that the officer whose turn it is has opened the case."""
    office.open_case(access_of(request), case_id)
    return 204, None


@router.post(
    "/cases/{case_id}/act",
    response={200: ActOut, **PROBLEMS},
    operation_id="act",
    auth=[requires("case.handle")],
)
def act(request: HttpRequest, case_id: int, body: ActIn) -> ActOut:
    """Do one of the verbs the case page offered."""
    key = request.headers.get("Idempotency-Key", "")[:64]
    if body.verb in office.GRAVE or grave.puts_a_seal(body):
        require_fresh(request)
    return office.act(access_of(request), case_id, body, key)


@router.post(
    "/cases/{case_id}/materials/{material_id}/review",
    response={200: MaterialOut, **PROBLEMS},
    operation_id="review_material",
    auth=[requires("case.handle")],
)
def review_material(
    request: HttpRequest, case_id: int, material_id: int, body: MaterialReviewIn
) -> MaterialOut:
    """Tick a material off the checklist or say what is wrong with it."""
    return materials.review(access_of(request), case_id, material_id, body.state, body.remark)


@router.get(
    "/cases/{case_id}/colleagues", response={200: list[Colleague], **PROBLEMS}, operation_id="list_colleagues"
)
def list_colleagues(request: HttpRequest, case_id: int, purpose: str = "") -> list[Colleague]:
    """Who may take the current step over; for ``sign``, who may be asked to sign it too."""
    return queries.colleagues(access_of(request), case_id, purpose)


@router.get(
    "/cases/{case_id}/offices", response={200: list[OfficeChoice], **PROBLEMS}, operation_id="list_offices"
)
def list_offices(request: HttpRequest, case_id: int) -> list[OfficeChoice]:
    """The offices this case may be handed to from its current step."""
    return queries.offices(access_of(request), case_id)


@router.post("/phrases", response={200: list[str], **PROBLEMS}, operation_id="add_phrase")
def add_phrase(request: HttpRequest, body: PhraseIn) -> list[str]:
    """Keep an opinion as one of my common phrases."""
    return office.add_phrase(access_of(request), body.text)


@router.get("/messages", response={200: list[MessageOut], **PROBLEMS}, operation_id="list_office_messages")
def list_office_messages(request: HttpRequest) -> list[MessageOut]:
    """Messages to me, newest first."""
    return queries.messages(access_of(request))


@router.get("/search", response={200: list[SearchHit], **PROBLEMS}, operation_id="search")
def search(request: HttpRequest, q: str) -> list[SearchHit]:
    """Find cases by number, project or applicant (Ctrl K)."""
    return queries.search(access_of(request), q)

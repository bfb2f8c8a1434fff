"""The applicant's side: drafts, materials, signature, submission, supplement, download, rating."""

from typing import BinaryIO, cast

from django.http import HttpRequest, HttpResponse
from ninja import File, Router, UploadedFile

from minfang.kernel.iam.access import access_of, requires
from minfang.services import queries
from minfang.services.actions import (
    drafts,
    materials,
    materials_in_pieces,
    ratings,
    signing,
    submission,
    withdrawing,
)
from minfang.services.schemas import (
    CheckOut,
    DraftIn,
    DraftSaved,
    MaterialOut,
    MessageOut,
    NewCaseIn,
    NewCaseOut,
    PortalCase,
    PortalCaseList,
    Problem,
    RatingIn,
    RatingOut,
    SignFinishIn,
    SignStartOut,
    SubmitIn,
    SubmitOut,
    WaiverIn,
    WithdrawIn,
)
from minfang.services.schemas.uploads import AttachIn

router = Router(tags=["申请"], auth=[requires("portal.use")])
PROBLEMS = {400: Problem, 401: Problem, 403: Problem, 404: Problem, 409: Problem, 413: Problem, 422: Problem}


def _key(request: HttpRequest) -> str:
    """The idempotency key the browser made for this attempt."""
    return request.headers.get("Idempotency-Key", "")[:64]


@router.get("/cases", response={200: PortalCaseList, **PROBLEMS}, operation_id="list_my_cases")
def list_my_cases(
    request: HttpRequest, state: str = "all", keyword: str = "", page: int = 1, size: int = 10
) -> PortalCaseList:
    """My applications; ``state`` is all, draft, open, supplement or closed."""
    return queries.portal_cases(access_of(request), state, keyword, page, size)


@router.post("/cases", response={200: NewCaseOut, **PROBLEMS}, operation_id="start_case")
def start_case(request: HttpRequest, body: NewCaseIn) -> NewCaseOut:
    """Begin an application, or be offered the draft that is already there."""
    return drafts.start(access_of(request), body.matter, again=body.again)


@router.get("/cases/{case_id}", response={200: PortalCase, **PROBLEMS}, operation_id="get_my_case")
def get_my_case(request: HttpRequest, case_id: int) -> PortalCase:
    """One of my applications with everything I may see of it."""
    return queries.portal_case(access_of(request), case_id)


@router.put("/cases/{case_id}/draft", response={200: DraftSaved, **PROBLEMS}, operation_id="save_draft")
def save_draft(request: HttpRequest, case_id: int, body: DraftIn) -> DraftSaved:
    """Save what is filled in so far; saving never judges the content."""
    return drafts.save(access_of(request), case_id, body.data, body.step, body.seen_version)


@router.delete("/cases/{case_id}", response={204: None, **PROBLEMS}, operation_id="delete_draft")
def delete_draft(request: HttpRequest, case_id: int) -> tuple[int, None]:
    """Throw a draft away."""
    drafts.delete(access_of(request), case_id)
    return 204, None


@router.post(
    "/cases/{case_id}/withdraw", response={204: None, **PROBLEMS}, operation_id="withdraw_application"
)
def withdraw_application(request: HttpRequest, case_id: int, body: WithdrawIn) -> tuple[int, None]:
    """Take one's application back before it is decided (撤回申请)."""
    withdrawing.withdraw(access_of(request), case_id, body.reason, _key(request))
    return 204, None


@router.get("/cases/{case_id}/check", response={200: CheckOut, **PROBLEMS}, operation_id="check_case")
def check_case(request: HttpRequest, case_id: int, step: str = "") -> CheckOut:
    """All that is wrong or doubtful in one step, or in the whole application."""
    return queries.check(access_of(request), case_id, step)


@router.post(
    "/cases/{case_id}/materials/{code}",
    response={200: MaterialOut, **PROBLEMS},
    operation_id="upload_material",
)
def upload_material(
    request: HttpRequest,
    case_id: int,
    code: str,
    file: UploadedFile = File(...),  # noqa: B008
) -> MaterialOut:
    """Hand in a file for one line of the checklist."""
    return materials.upload(access_of(request), case_id, code, file.name or "未命名", cast(BinaryIO, file))


@router.post(
    "/cases/{case_id}/materials/{code}/from-upload",
    response={200: MaterialOut, **PROBLEMS},
    operation_id="attach_upload",
)
def attach_upload(request: HttpRequest, case_id: int, code: str, body: AttachIn) -> MaterialOut:
    """Hand in a file that was uploaded in pieces."""
    return materials_in_pieces.attach(access_of(request), case_id, code, body.upload_id)


@router.post(
    "/cases/{case_id}/materials/{code}/waiver",
    response={200: MaterialOut, **PROBLEMS},
    operation_id="waive_material",
)
def waive_material(request: HttpRequest, case_id: int, code: str, body: WaiverIn) -> MaterialOut:
    """Let an electronic certificate or shared data stand for a material (免交)."""
    return materials.waive(access_of(request), case_id, code, body.kind)


@router.delete(
    "/cases/{case_id}/handed-in/{material_id}",
    response={204: None, **PROBLEMS},
    operation_id="remove_material",
)
def remove_material(request: HttpRequest, case_id: int, material_id: int) -> tuple[int, None]:
    """Take back a material that was not handed in yet."""
    materials.remove(access_of(request), case_id, material_id)
    return 204, None


@router.get("/cases/{case_id}/application.pdf", operation_id="preview_application", include_in_schema=True)
def preview_application(request: HttpRequest, case_id: int) -> HttpResponse:
    """The generated application form as it would be handed in now."""
    content = queries.application_pdf(access_of(request), case_id)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = "inline; filename=application.pdf"
    return response


@router.post("/cases/{case_id}/sign", response={200: SignStartOut, **PROBLEMS}, operation_id="start_signing")
def start_signing(request: HttpRequest, case_id: int) -> SignStartOut:
    """Freeze the application form and go to the signature platform."""
    return signing.start(access_of(request), case_id)


@router.post(
    "/cases/{case_id}/sign/finish", response={200: PortalCase, **PROBLEMS}, operation_id="finish_signing"
)
def finish_signing(request: HttpRequest, case_id: int, body: SignFinishIn) -> PortalCase:
    """Come back from the signature platform with a one-time ticket."""
    signing.finish(access_of(request), case_id, body.state, body.ticket)
    return queries.portal_case(access_of(request), case_id)


@router.post("/cases/{case_id}/submit", response={200: SubmitOut, **PROBLEMS}, operation_id="submit_case")
def submit_case(request: HttpRequest, case_id: int, body: SubmitIn) -> SubmitOut:
    """Hand in the application, or the answer to a supplement; once, however often clicked."""
    return submission.submit(access_of(request), case_id, body.seen_version, _key(request))


@router.post("/cases/{case_id}/ratings", response={200: RatingOut, **PROBLEMS}, operation_id="rate_case")
def rate_case(request: HttpRequest, case_id: int, body: RatingIn) -> RatingOut:
    """Judge the service of one stage, once."""
    return ratings.rate(access_of(request), case_id, body.stage, body.satisfaction, body.tags, body.text)


@router.get("/messages", response={200: list[MessageOut], **PROBLEMS}, operation_id="list_my_messages")
def list_my_messages(request: HttpRequest) -> list[MessageOut]:
    """Messages to me, newest first."""
    return queries.messages(access_of(request))

"""Files in pieces: begin, add pieces, look, finish, give up. Owner only."""

import io
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from minfang.kernel.iam.access import access_of, requires
from minfang.services.actions import materials_in_pieces as uploads
from minfang.services.schemas import Problem
from minfang.services.schemas.uploads import UploadIn, UploadOut

router = Router(tags=["分片上传"], auth=[requires("portal.use")])
CODES = (400, 401, 403, 404, 409, 413, 422, 507)
PROBLEMS = dict.fromkeys(CODES, Problem)


@router.post("", response={200: UploadOut, **PROBLEMS}, operation_id="begin_upload")
def begin_upload(request: HttpRequest, body: UploadIn) -> UploadOut:
    """Open an upload, or continue the unfinished one of the same file at the same place."""
    return uploads.begin(access_of(request), body.case_id, body.code, body.name, body.size, body.modified)


@router.get("", response={200: list[UploadOut], **PROBLEMS}, operation_id="list_uploads")
def list_uploads(request: HttpRequest, case_id: int) -> list[UploadOut]:
    """What was begun for an application of mine and has not been handed in yet."""
    return uploads.of_case(access_of(request), case_id)


@router.get("/{upload_id}", response={200: UploadOut, **PROBLEMS}, operation_id="get_upload")
def get_upload(request: HttpRequest, upload_id: UUID) -> UploadOut:
    """Where it stands; ``received`` is where the next piece begins."""
    return uploads.look(access_of(request), upload_id)


@router.patch("/{upload_id}", response={200: UploadOut, **PROBLEMS}, operation_id="add_piece")
def add_piece(request: HttpRequest, upload_id: UUID, offset: int) -> UploadOut:
    """The next piece, as the plain body of the request (at most 5 MB)."""
    return uploads.add(access_of(request), upload_id, offset, _taken_from(request))


def _taken_from(request: HttpRequest) -> bytes:
    """The body, which is no longer there afterwards: requests live on in circles, a piece must not."""
    content = request.body
    request._body, request._stream = b"", io.BytesIO()
    request.META["wsgi.input"] = request._stream
    return content


@router.post("/{upload_id}/finish", response={200: UploadOut, **PROBLEMS}, operation_id="finish_upload")
def finish_upload(request: HttpRequest, upload_id: UUID) -> UploadOut:
    """All pieces are there: check the file. ``state`` DONE, REFUSED (with ``problem``) or WAITING_SCAN."""
    return uploads.finish(access_of(request), upload_id)


@router.delete("/{upload_id}", response={204: None, **PROBLEMS}, operation_id="give_up_upload")
def give_up_upload(request: HttpRequest, upload_id: UUID) -> tuple[int, None]:
    """Forget an upload."""
    uploads.give_up(access_of(request), upload_id)
    return 204, None

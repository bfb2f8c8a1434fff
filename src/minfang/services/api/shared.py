"""Files and documents: one door for all faces, the permission checked on every request."""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Router

from minfang.kernel.iam.access import access_of, requires
from minfang.kernel.messaging.actions import mark_read
from minfang.services import downloads

router = Router(tags=["文件与消息"], auth=[requires("signed_in")])


@router.get("/files/{file_id}", operation_id="get_file")
def get_file(request: HttpRequest, file_id: UUID, download: bool = False) -> HttpResponseBase:
    """A file of a case the person may see."""
    return downloads.file_response(access_of(request), request, file_id, download=download)


@router.get("/files/{file_id}/preview", operation_id="preview_file")
def preview_file(request: HttpRequest, file_id: UUID) -> HttpResponseBase:
    """A Word file (docx) as a harmless page; other kinds are refused (409)."""
    return downloads.preview_response(access_of(request), file_id)


@router.get("/documents/{document_id}", operation_id="get_document")
def get_document(request: HttpRequest, document_id: int, download: bool = False) -> HttpResponseBase:
    """A document of a case the person may see, as PDF."""
    return downloads.document_response(access_of(request), request, document_id, download=download)


@router.post("/messages/read", response={204: None}, operation_id="read_messages")
def read_messages(request: HttpRequest) -> tuple[int, None]:
    """I have seen my messages."""
    mark_read(access_of(request).person)
    return 204, None

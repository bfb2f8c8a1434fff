"""Hand out files and documents to people who may see the case they belong to; every reading is logged."""

from urllib.parse import quote
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import StreamingHttpResponse

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import not_found
from minfang.kernel.documents import queries as documents
from minfang.kernel.documents.models import Document, DocumentState
from minfang.kernel.files import queries as files
from minfang.kernel.files.models import StoredFile
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import PersonKind
from minfang.services.access import own_case
from minfang.services.actions import progress
from minfang.services.models import Case, CaseQuerySet
from minfang.services.presenting import VISIBLE_TO_APPLICANT

INLINE = {"application/pdf", "image/png", "image/jpeg"}


def _visible_cases(access: Access) -> CaseQuerySet:
    if access.person.kind == PersonKind.APPLICANT:
        return Case.objects.of_applicant(access)
    return Case.objects.visible_to(access)


def _case_of_file(access: Access, file: StoredFile) -> Case | None:
    cases = _visible_cases(access)
    direct = cases.filter(
        Q(materials__file=file) | Q(signatures__draft=file) | Q(signatures__signed=file)
    ).first()
    if direct is not None:
        return direct
    document = Document.objects.filter(file=file).first()
    return _case_of_document(access, document) if document else None


def _case_of_document(access: Access, document: Document) -> Case | None:
    number = document.subject.removeprefix("case:")
    if access.person.kind == PersonKind.APPLICANT and document.state not in VISIBLE_TO_APPLICANT:
        return None
    return _visible_cases(access).filter(internal_no=number).first()


def _respond(file: StoredFile, *, download: bool) -> StreamingHttpResponse:
    response = StreamingHttpResponse(files.stream(file), content_type=file.media_type)
    response["Content-Length"] = str(file.size)
    return _headers(response, file, download=download)


def _headers(response: StreamingHttpResponse, file: StoredFile, *, download: bool) -> StreamingHttpResponse:
    how = "inline" if file.media_type in INLINE and not download else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(file.name)}"
    response["Cache-Control"] = "private, no-store"
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    response["Content-Security-Policy"] = policy
    return response


@transaction.atomic
def file_response(access: Access, file_id: UUID, *, download: bool) -> StreamingHttpResponse:
    """A file of a case; somebody else's looks as if it did not exist."""
    file = StoredFile.objects.filter(pk=file_id).first()
    case = _case_of_file(access, file) if file else None
    if file is None or case is None:
        raise not_found("该文件")
    record(
        "files.read", person=access.person, target=f"file:{file.pk}", summary=f"查看 {file.name}（{case}）"
    )
    return _respond(file, download=download)


@transaction.atomic
def document_response(access: Access, document_id: int, *, download: bool) -> StreamingHttpResponse:
    """A document as PDF. The applicant's download of the decision is its delivery (送达)."""
    document = Document.objects.filter(pk=document_id).select_related("file").first()
    case = _case_of_document(access, document) if document else None
    if document is None or document.file is None or case is None:
        raise not_found("该文书")
    record(
        "documents.read",
        person=access.person,
        target=case.subject,
        summary=f"查看 {document.title} {document.number}",
    )
    by_applicant = access.person.kind == PersonKind.APPLICANT
    if by_applicant and download and document.state == DocumentState.ISSUED:
        _deliver(access, case, document)
    if document.state in (DocumentState.REPLACED, DocumentState.VOIDED):
        return _headers(
            StreamingHttpResponse([documents.reading_copy(document)], content_type="application/pdf"),
            document.file,
            download=download,
        )
    return _respond(document.file, download=download)


def _deliver(access: Access, case: Case, document: Document) -> None:
    if document.doc_type in ("APPROVAL", "DENIAL"):
        progress.delivered(own_case(access, case.pk, lock=True))

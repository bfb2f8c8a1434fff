"""Hand out files and documents to people who may see the case they belong to; every reading is logged."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from minfang.kernel.audit.actions import record
from minfang.kernel.base.errors import Refusal, not_found
from minfang.kernel.documents import queries as documents
from minfang.kernel.documents.models import Document, DocumentState
from minfang.kernel.files import previews
from minfang.kernel.files import queries as files
from minfang.kernel.files.models import StoredFile
from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import PersonKind
from minfang.services import serving
from minfang.services.access import own_case
from minfang.services.actions import progress
from minfang.services.models import Case, CaseQuerySet
from minfang.services.presenting import VISIBLE_TO_APPLICANT


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


def _file_of_case(access: Access, file_id: UUID) -> tuple[StoredFile, Case]:
    """Somebody else's file looks as if it did not exist; an infected one is handed to nobody."""
    file = StoredFile.objects.filter(pk=file_id).first()
    case = _case_of_file(access, file) if file else None
    if file is None or case is None:
        raise not_found("该文件")
    require_visible(file)
    return file, case


def require_visible(file: StoredFile) -> None:
    """Refuse what the virus scanner found something in."""
    if not files.is_visible(file):
        raise Refusal(
            "FILE_QUARANTINED", "该文件发现病毒，已隔离，不能查看。", "请联系申请人重新提交。", status=409
        )


@transaction.atomic
def file_response(access: Access, request: HttpRequest, file_id: UUID, *, download: bool) -> HttpResponseBase:
    """A file of a case; somebody else's looks as if it did not exist."""
    file, case = _file_of_case(access, file_id)
    part = serving.wanted_part(request, file)
    where = f"，第 {part[0]}–{part[1]} 字节" if part else ""
    record(
        "files.read",
        person=access.person,
        target=f"file:{file.pk}",
        summary=f"{'下载' if download else '查看'} {file.name}（{case}{where}）",
    )
    return serving.whole_or_part(request, file, download=download)


def preview_response(access: Access, file_id: UUID) -> HttpResponseBase:
    """A Word file as a document that can do nothing: no scripts, no links, nothing fetched."""
    file, case = _file_of_case(access, file_id)
    status = 200
    try:
        shown = previews.of_word(file)
    except Refusal as refusal:
        shown, status = previews.sentence(f"{refusal.message}{refusal.hint}"), refusal.status
    with transaction.atomic():
        record(
            "files.preview",
            person=access.person,
            target=f"file:{file.pk}",
            summary=f"预览 {file.name}（{case}）",
        )
    response = HttpResponse(shown, content_type="text/html; charset=utf-8", status=status)
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = serving.preview_policy()
    return response


@transaction.atomic
def document_response(
    access: Access, request: HttpRequest, document_id: int, *, download: bool
) -> HttpResponseBase:
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
    require_visible(document.file)
    if document.state in (DocumentState.REPLACED, DocumentState.VOIDED):
        return serving.made_now([documents.reading_copy(document)], document.file, download=download)
    return serving.whole_or_part(request, document.file, download=download)


def _deliver(access: Access, case: Case, document: Document) -> None:
    if document.doc_type in ("APPROVAL", "DENIAL"):
        progress.delivered(own_case(access, case.pk, lock=True))

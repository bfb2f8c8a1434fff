"""Read templates and documents."""

from typing import Any

from django.db.models import QuerySet

from minfang.kernel.base import clock
from minfang.kernel.base.errors import not_found
from minfang.kernel.documents import copies, engine
from minfang.kernel.documents import verification as codes
from minfang.kernel.documents.models import Document, DocumentState, DocumentTemplate, TemplateState
from minfang.kernel.files import actions as files

SHOWN_STATES = (DocumentState.ISSUED, DocumentState.REPLACED, DocumentState.VOIDED)


def published(code: str) -> DocumentTemplate:
    """The published version of a template; refuses with NOT_FOUND when there is none."""
    versions = DocumentTemplate.objects.filter(code=code, state=TemplateState.PUBLISHED)
    found = versions.order_by("-version").first()
    if found is None:
        raise not_found(f"文书模板“{code}”")
    return found


def template_source(code: str) -> str:
    """The source of the published version of a typst template."""
    return published(code).source


def preview(code: str, context: dict[str, Any]) -> bytes:
    """The PDF of a template with this context, kept nowhere and without a verification code."""
    return engine.render_pdf(published(code).source, {**context, "verify": None})


def for_subject(subject: str) -> QuerySet[Document]:
    """All documents of a business object, oldest first."""
    return Document.objects.filter(subject=subject).select_related("file")


def current(subject: str, doc_type: str) -> Document | None:
    """The newest version of a document that was neither voided nor replaced."""
    ended = (DocumentState.REPLACED, DocumentState.VOIDED)
    versions = for_subject(subject).filter(doc_type=doc_type).exclude(state__in=ended)
    return versions.order_by("-version").first()


def content(document: Document) -> bytes:
    """The current PDF of a document; refuses when it has not been drawn up yet."""
    if document.file is None:
        raise not_found("文书文件")
    return files.read(document.file)


def reading_copy(document: Document) -> bytes:
    """What is shown to a reader: the document itself, or an overprinted copy once it has ended."""
    words = {DocumentState.VOIDED: "作废", DocumentState.REPLACED: "已替换"}
    word = words.get(DocumentState(document.state))
    original = content(document)
    return copies.overprinted(original, word) if word else original


def _seal(document: Document) -> dict[str, Any]:
    info = document.seal_info or {}
    names = ("signer_name", "signed_at", "serial", "algorithm")
    return {"sealed": bool(info), **{name: info.get(name, "") for name in names}}


def verification(code: str) -> dict[str, Any] | None:
    """What the public may know of the document bearing ``code``; None when there is no such document.

    Drafts are unknown to the public. ``valid`` is true only while the document is issued and in its term;
    ``superseded_by`` is the code of the version that replaced it.
    """
    normal = codes.normal(code)
    if not codes.is_genuine(normal):
        return None
    found = (
        Document.objects.filter(verify_code=normal, state__in=SHOWN_STATES)
        .select_related("organization", "superseded_by")
        .first()
    )
    if found is None:
        return None
    newer = getattr(found, "superseded_by", None)
    in_term = found.valid_until is None or clock.today() <= found.valid_until
    return {
        "title": found.title,
        "number": found.number,
        "holder": found.holder,
        "organization": found.organization.name if found.organization else "",
        "issued_at": found.issued_at,
        "valid_until": found.valid_until,
        "state": found.state,
        "state_name": DocumentState(found.state).label,
        "valid": found.state == DocumentState.ISSUED and in_term,
        "seal": _seal(found),
        "superseded_by": newer.verify_code if newer and newer.state in SHOWN_STATES else None,
    }

"""Rows and parts of pages shared by portal and office."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from minfang.kernel.base import clock
from minfang.kernel.documents.models import Document, DocumentState
from minfang.kernel.files.models import ScanState, StoredFile
from minfang.kernel.iam.models import Person
from minfang.kernel.messaging.models import Message
from minfang.kernel.messaging.queries import inbox
from minfang.kernel.workdays.queries import official_calendar
from minfang.registry import districts
from minfang.services.deadlines import days_left
from minfang.services.materials import WAIVER_LABELS
from minfang.services.models import Case, CaseMaterial, MaterialState, Supplement
from minfang.services.schemas import (
    DocumentOut,
    FileOut,
    MaterialOut,
    MessageOut,
    SupplementItem,
    SupplementOut,
)

MESSAGES_SHOWN = 50
VISIBLE_TO_APPLICANT = (DocumentState.ISSUED, DocumentState.REPLACED, DocumentState.VOIDED)


def file_out(file: StoredFile | None) -> FileOut | None:
    """A file as faces show it."""
    if file is None:
        return None
    return FileOut(
        id=file.id,
        name=file.name,
        size=file.size,
        media_type=file.media_type,
        extension=file.extension,
        scan_state=file.scan_state,
        scan_label=ScanState(file.scan_state).label,
    )


def material_out(material: CaseMaterial) -> MaterialOut:
    """A handed-in material."""
    return MaterialOut(
        id=material.pk,
        code=material.code,
        round=material.round,
        file=file_out(material.file),
        waiver=material.waiver,
        waiver_label=WAIVER_LABELS.get(material.waiver, ""),
        waiver_reference=material.waiver_reference,
        state=material.state,
        state_label=MaterialState(material.state).label,
        remark=material.remark,
        added_at=material.added_at,
    )


def document_out(document: Document) -> DocumentOut:
    """A document with its verification address."""
    return DocumentOut(
        id=document.pk,
        doc_type=document.doc_type,
        title=document.title,
        number=document.number,
        state=document.state,
        state_label=DocumentState(document.state).label,
        issued_at=document.issued_at,
        verify_url=f"{settings.PUBLIC_URL}/verify/{document.verify_code}",
        file=file_out(document.file),
        sealed=document.seal_info is not None,
    )


def documents_of(subject: str, states: Iterable[str] | None = None) -> list[DocumentOut]:
    """The documents of a case, newest last."""
    rows = Document.objects.filter(subject=subject).defer("context").select_related("file")
    rows = rows.order_by("drawn_up_at", "id")
    if states is not None:
        rows = rows.filter(state__in=list(states))
    return [document_out(row) for row in rows]


def supplement_out(supplement: Supplement | None) -> SupplementOut | None:
    """A supplement notice with the days left to answer it."""
    if supplement is None:
        return None
    return SupplementOut(
        round=supplement.round,
        items=[SupplementItem(**item) for item in supplement.items],
        note=supplement.note,
        issued_at=supplement.issued_at,
        due=supplement.due,
        answered_at=supplement.answered_at,
        remaining_days=days_left(supplement.due, official_calendar(), clock.today()),
    )


def messages_of(person: Person, page: str) -> list[MessageOut]:
    """The newest in-app messages of a person; ``page`` is where their cases are looked at."""
    found = list(inbox(person)[:MESSAGES_SHOWN])
    numbers = {message.subject.removeprefix("case:") for message in found}
    ids = dict(Case.objects.filter(internal_no__in=numbers).values_list("internal_no", "pk"))
    return [_message_out(message, ids, page) for message in found]


def _message_out(message: Message, ids: dict[str | None, int], page: str) -> MessageOut:
    pk = ids.get(message.subject.removeprefix("case:"))
    return MessageOut(
        id=str(message.pk),
        title=message.title,
        body=message.body,
        subject=message.subject,
        link=f"{page}{pk}" if pk else "",
        at=message.created_at,
        read=message.read_at is not None,
    )


def district_name(code: str) -> str:
    """The district's name; what is not a district of today is shown as it is."""
    try:
        return districts.district(code).name
    except LookupError:
        return code


def short_time(instant: datetime | None) -> str:
    """``07-14 10:26`` in Shanghai."""
    return instant.astimezone(clock.SHANGHAI).strftime("%m-%d %H:%M") if instant else ""

"""Small facts about where a case stands, used by pages and actions alike."""

from minfang.kernel.documents.models import Document
from minfang.services.models import Case

DECISIONS = ("APPROVAL", "DENIAL")


def decision_document(case: Case, states: tuple[str, ...] | None = None) -> Document | None:
    """The certificate or denial of a case that stands now, in one of ``states`` where given."""
    rows = Document.objects.filter(subject=case.subject, doc_type__in=DECISIONS).select_related("file")
    rows = rows.filter(state__in=states) if states else rows.exclude(state__in=("REPLACED", "VOIDED"))
    return rows.order_by("-version").first()

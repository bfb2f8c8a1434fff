"""Small facts about where a case stands, used by pages and actions alike."""

from typing import Any

from minfang.kernel.documents.models import Document
from minfang.services.models import Case

DECISIONS = ("APPROVAL", "DENIAL")


def decision_document(case: Case, states: tuple[str, ...] | None = None) -> Document | None:
    """The certificate or denial of a case that stands now, in one of ``states`` where given."""
    rows = Document.objects.filter(subject=case.subject, doc_type__in=DECISIONS).select_related("file")
    rows = rows.filter(state__in=states) if states else rows.exclude(state__in=("REPLACED", "VOIDED"))
    return rows.order_by("-version").first()


def facts(case: Case) -> dict[str, Any]:
    """What the conditions of a process may look at."""
    return {
        "required_area": case.form_data.get("required_area"),
        "design_area": case.form_data.get("design_area"),
        "district_code": case.district_code,
        "decision": case.decision,
        "planning_authority": case.form_data.get("planning_authority"),
        "build_nature": case.form_data.get("build_nature"),
    }

"""Papers of older copied cases, set one by one in the background once the product runs."""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from minfang.kernel.documents.models import Document, DocumentState
from minfang.sandbox.demo_cases import papers, team

STANDING = (DocumentState.RENDERED, DocumentState.SEALED, DocumentState.ISSUED)


def seal_id(document: Document) -> str:
    """The seal of the office a document comes from; empty for documents that are not sealed."""
    if document.seal_info is None or document.organization is None:
        return ""
    return f"SEAL-{document.organization.district_code}-APPROVAL"


def order(document: Document, folder: Path) -> papers.Order:
    """The paper of a document as of the day it was drawn up."""
    return papers.Order(
        document.template.source,
        document.context,
        document.drawn_up_at,
        document.verify_code,
        seal_id(document),
        document.title,
        folder / "keys",
    )


def keep(document: Document, paper: papers.Paper) -> None:
    """Give a document its PDF; neither row is saved yet."""
    name = f"{document.title}{document.number}.pdf"
    document.file = papers.file_of(name, paper.pdf, document.drawn_up_at, "document", None)
    document.placement, document.seal_info = paper.placement, paper.seal_info


@transaction.atomic
def draw_next(folder: Path | None = None) -> bool:
    """Set the newest paper that is still missing; whether there was one."""
    if not team.made_before():
        return True
    missing = Document.objects.filter(file=None, state__in=STANDING).order_by("-drawn_up_at")
    row = missing.select_for_update(of=("self",)).select_related("template", "organization").first()
    if row is None:
        return False
    keep(row, papers.produce(order(row, folder or Path(settings.HOME) / "sandbox")))
    assert row.file is not None
    row.file.save(force_insert=True)
    row.save(update_fields=["file", "placement", "seal_info"])
    return True

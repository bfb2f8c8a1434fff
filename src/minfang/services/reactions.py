"""What happens in the product when an outside platform has taken a message."""

from typing import Any

from minfang.kernel.documents import actions as documents
from minfang.kernel.documents.models import Document
from minfang.kernel.exchange.connectors import names_office, when_delivered
from minfang.kernel.exchange.models import OutboxMessage
from minfang.services.actions import progress
from minfang.services.connectors import apply_no, eseal
from minfang.services.models import Case


def _case(message: OutboxMessage) -> Case:
    number = message.subject.removeprefix("case:")
    rows = Case.objects.select_for_update(of=("self",)).select_related(
        "matter", "matter_version", "organization", "applicant", "party", "instance"
    )
    return rows.get(internal_no=number)


@names_office
def office_of_case(subject: str) -> int | None:
    """Messages about a case speak for the office that handles it."""
    number = subject.removeprefix("case:")
    if number == subject:
        return None
    return Case.objects.filter(internal_no=number).values_list("organization_id", flat=True).first()


@when_delivered(apply_no.CODE, apply_no.DATASET)
def number_issued(message: OutboxMessage, answer: dict[str, Any]) -> None:
    """The city's number of a case; it is given once."""
    case = _case(message)
    if not case.apply_no:
        case.apply_no = answer["apply_no"]
        case.save(update_fields=["apply_no"])


@when_delivered(eseal.CODE, eseal.DATASET)
def document_sealed(message: OutboxMessage, answer: dict[str, Any]) -> None:
    """A sealed PDF came back: keep it, and issue what needs no second look."""
    case = _case(message)
    document = Document.objects.get(pk=message.payload["document_id"])
    sealed = documents.attach_seal(document, eseal.sealed_pdf(answer), answer["seal"])
    progress.sealed(sealed, case)

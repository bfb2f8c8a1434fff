"""Seeing and taking away what cases say about people: each is an event of the audit trail (handbook B.21)."""

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.audit.readings import record_reading
from minfang.kernel.iam.access import Access
from minfang.services.schemas import OfficeCase


def case_opened(access: Access, case: OfficeCase) -> None:
    """An officer sees the page of a case with the personal data on it."""
    record_reading(
        "case.read",
        person=access.person,
        target=f"case:{case.internal_no}",
        summary=f"查看办件 {case.internal_no}",
    )


@transaction.atomic
def exported(access: Access, what: str, conditions: dict[str, object]) -> None:
    """Somebody takes a list or a table away as a file; ``conditions`` say which rows."""
    narrowed = {name: value for name, value in conditions.items() if value not in (None, "", [])}
    record(
        "export.dataset",
        person=access.person,
        target=f"dataset:{what}",
        summary=f"导出 {what}",
        after={"conditions": narrowed},
    )

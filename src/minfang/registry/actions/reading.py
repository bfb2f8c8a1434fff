"""Readings that leave a trace."""

from typing import Any

from django.db import transaction

from minfang.kernel.audit.actions import record
from minfang.kernel.iam.access import Access


@transaction.atomic
def exported(access: Access, what: str, filters: dict[str, Any]) -> None:
    """Somebody took a list of works or devices away."""
    asked = "、".join(f"{name}={value}" for name, value in filters.items() if value)
    record("works.exported", person=access.person, target=what, summary=f"导出{what} {asked}")

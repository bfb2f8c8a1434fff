"""Whom outside platforms mean."""

from minfang.kernel.iam.models import ExternalIdentity, Person, PersonKind


def staff_known_as(provider: str, subject: str) -> Person | None:
    """The active account of staff an outside platform knows under this number."""
    found = ExternalIdentity.objects.filter(
        provider=provider, subject=subject, person__is_active=True, person__kind=PersonKind.STAFF
    ).select_related("person__organization__parent")
    link = found.first()
    return link.person if link else None

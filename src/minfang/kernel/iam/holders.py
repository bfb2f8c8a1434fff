"""Who holds a role, for rooms that offer work to people: grants the product did not write do not count."""

from django.db.models import QuerySet

from minfang.kernel.iam.models import RoleGrant


def held(grants: QuerySet[RoleGrant]) -> list[RoleGrant]:
    """Those of the grants whose seals, and whose roles' seals, hold; one query."""
    return [grant for grant in grants.select_related("role") if grant.counts()]

"""Which way a case goes when one office hands it to another."""

from minfang.kernel.iam.models import Organization, OrganizationKind

CITY = frozenset({OrganizationKind.MUNICIPAL_OFFICE})
DISTRICT = frozenset({OrganizationKind.DISTRICT_OFFICE, OrganizationKind.AUTHORIZED_COMMITTEE})


def direction(source: Organization, target: Organization) -> str:
    """``city_to_district``, ``district_to_city`` or ``district_to_district``; empty for any other way."""
    if source.pk == target.pk:
        return ""
    if source.kind in CITY and target.kind in DISTRICT:
        return "city_to_district"
    if source.kind in DISTRICT and target.kind in CITY:
        return "district_to_city"
    return "district_to_district" if source.kind in DISTRICT and target.kind in DISTRICT else ""

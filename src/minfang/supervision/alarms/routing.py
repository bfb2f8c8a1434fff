"""Who stands behind a target: offices of a work, and the people on duty there."""

from dataclasses import dataclass, field

from minfang.kernel.iam.models import Organization, OrganizationKind, Person, RoleGrant
from minfang.registry.models import Works
from minfang.registry.models.works import CITY_WIDE, OF_A_DISTRICT
from minfang.supervision.alarms.models import Target
from minfang.supervision.alarms.policy import definition

PLATFORMS = (Target.RFM, Target.CITY_PLATFORM)
MOST_PEOPLE = 10


@dataclass
class Directory:
    """Offices and duty people, each looked up once; use one for one transaction."""

    _offices: dict[tuple[str, str], list[Organization]] = field(default_factory=dict)
    _people: dict[tuple[int, bool], list[Person]] = field(default_factory=dict)

    def offices(self, target: str, works: Works, code: str = "") -> list[Organization]:
        """The offices a target means for this work; none where the work has no such office."""
        if target == Target.MANAGING_UNIT:
            return [works.managing_unit] if works.managing_unit is not None else []
        where = works.district_code if target == Target.DISTRICT else code
        key = (target, where)
        if key not in self._offices:
            self._offices[key] = list(_offices(target, where))
        return self._offices[key]

    def people(self, office: Organization, *, leaders: bool = False) -> list[Person]:
        """Those on duty in an office: who may handle alarms there, or its leaders."""
        key = (office.pk, leaders)
        if key not in self._people:
            self._people[key] = _people(office, leaders=leaders)
        return self._people[key]


def _offices(target: str, where: str) -> list[Organization]:
    if target == Target.DISTRICT:
        return list(Organization.objects.filter(kind__in=OF_A_DISTRICT, district_code=where))
    if target == Target.ORGANIZATION:
        return list(Organization.objects.filter(code=where))
    kinds = CITY_WIDE if target == Target.CITY_DUTY else (OrganizationKind.MUNICIPAL_OFFICE,)
    return list(Organization.objects.filter(kind__in=kinds))


def _people(office: Organization, *, leaders: bool) -> list[Person]:
    told = definition()
    grants = RoleGrant.objects.filter(
        organization__in=[office.pk, *office.sections.values_list("pk", flat=True)], person__is_active=True
    ).select_related("role", "person")
    found: dict[int, Person] = {}
    for grant in grants.order_by("person_id", "pk"):
        fits = (
            grant.role.code in told["leader_roles"]
            if leaders
            else told["duty_permission"] in grant.role.permissions
        )
        if fits and grant.counts():
            found.setdefault(grant.person_id, grant.person)
    return list(found.values())[:MOST_PEOPLE]

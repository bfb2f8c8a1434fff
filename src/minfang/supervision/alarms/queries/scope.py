"""Who may see which alarms and silences: the city all, a district its works, a keeper those it keeps."""

from django.db.models import Q, QuerySet

from minfang.kernel.iam.access import Access
from minfang.kernel.iam.models import Organization
from minfang.registry.models import Works, seen_by
from minfang.registry.models.works import CITY_WIDE
from minfang.supervision.alarms.models import Alarm, Silence


def visible(
    access: Access, permission: str = "iot.read", rows: QuerySet[Alarm] | None = None
) -> QuerySet[Alarm]:
    """Alarms of works within the scope in which this person holds ``permission``."""
    alarms = rows if rows is not None else Alarm.objects.all()
    return alarms.filter(seen_by(access, permission, "works__"))


def city_wide(access: Access, permission: str) -> bool:
    """Whether this person holds a permission for the whole city."""
    offices = Organization.objects.filter(pk__in=access.offices_for(permission)).select_related("parent")
    return any(row.office.kind in CITY_WIDE for row in offices)


def silences(access: Access, permission: str = "iot.read") -> QuerySet[Silence]:
    """Silences in the person's works; those of the whole city are read by all and ended by the city."""
    works = Works.objects.filter(seen_by(access, permission))
    own = Q(works__in=works)
    if permission == "iot.read" or city_wide(access, permission):
        own |= Q(works=None)
    return Silence.objects.filter(own)

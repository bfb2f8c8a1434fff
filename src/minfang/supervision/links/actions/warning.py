"""Telling the people who look after links that one is ill, once a while for the same trouble."""

from datetime import timedelta
from pathlib import Path

from minfang.kernel.base import clock
from minfang.kernel.iam.holders import held
from minfang.kernel.iam.models import Person, Role, RoleGrant
from minfang.kernel.messaging.actions import load_templates, notify
from minfang.registry.models.works import CITY_WIDE
from minfang.supervision.links.definitions import limits
from minfang.supervision.links.models import DataLink

WORDINGS = Path(__file__).parents[1] / "definitions" / "messages.toml"


def consider(link: DataLink, reason: str) -> bool:
    """Tell the link managers of the source's office and of the city, unless they heard lately."""
    now = clock.now()
    pause = timedelta(minutes=limits()["remind_minutes"])
    if link.alarmed_at is not None and now - link.alarmed_at < pause:
        return False
    link.alarmed_at = now
    link.save(update_fields=["alarmed_at"])
    load_templates(WORDINGS)
    context = {"link": link.name, "source": link.source.name, "summary": reason}
    for person in managers(link):
        notify("link.ill", subject=f"link:{link.pk}", context=context, person=person, channels=("IN_APP",))
    return True


def managers(link: DataLink) -> list[Person]:
    """Who may repair a link."""
    roles = [role.pk for role in Role.objects.all() if "link.manage" in role.permissions]
    grants = held(RoleGrant.objects.filter(role__in=roles, person__is_active=True))
    people = Person.objects.filter(pk__in=[grant.person_id for grant in grants])
    offices = {grant.person_id: grant.organization.office for grant in grants}
    home = link.source.office_id
    return [
        person for person in people if offices[person.pk].pk == home or offices[person.pk].kind in CITY_WIDE
    ]

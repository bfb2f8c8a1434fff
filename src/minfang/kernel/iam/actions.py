"""Set up organisations and roles, make people known, grant roles."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from minfang.kernel.iam.models import (
    ExternalIdentity,
    Organization,
    Party,
    Person,
    PersonKind,
    Role,
    RoleGrant,
)

DEFINITIONS = Path(__file__).parent / "definitions"


@transaction.atomic
def load_roles() -> int:
    """Bring the role table in line with the role definitions; returns how many roles there are."""
    roles = tomllib.loads((DEFINITIONS / "roles.toml").read_text())["role"]
    for role in roles:
        values = {"name": role["name"], "permissions": role["permissions"]}
        Role.objects.update_or_create(code=role["code"], defaults=values)
    return len(roles)


@transaction.atomic
def ensure_organization(code: str, **values: Any) -> Organization:
    """Create or correct one organisation."""
    return Organization.objects.update_or_create(code=code, defaults=values)[0]


@transaction.atomic
def ensure_staff(
    username: str,
    name: str,
    organization: Organization,
    roles: list[str],
    *,
    title: str = "",
    mobile: str = "",
) -> Person:
    """Create or correct a member of staff with the roles they hold for their office."""
    person, _ = Person.objects.update_or_create(
        username=username,
        defaults={
            "name": name,
            "kind": PersonKind.STAFF,
            "organization": organization,
            "title": title,
            "mobile": mobile,
        },
    )
    for code in roles:
        RoleGrant.objects.get_or_create(
            person=person, role=Role.objects.get(code=code), organization=organization.office
        )
    return person


@dataclass(frozen=True)
class OutsidePerson:
    """A person as an identity platform describes them; ``party`` is the company they act for."""

    subject: str
    name: str
    id_no: str
    mobile: str
    party: dict[str, str] | None = None


def ensure_party(values: dict[str, str]) -> Party:
    """The company of that certificate number, brought up to date with what the platform says."""
    defaults = {
        "kind": values.get("kind", "2"),
        "name": values["name"],
        "id_type": values.get("id_type", "001"),
        "id_no": values["id_no"],
        "legal_rep_name": values.get("legal_rep_name", ""),
        "registered_address": values.get("address", ""),
    }
    return Party.objects.update_or_create(id_no_index=Party.index_of(values["id_no"]), defaults=defaults)[0]


@transaction.atomic
def recognise(provider: str, outside: OutsidePerson) -> Person:
    """The account of somebody an identity platform vouches for, made at the first visit."""
    party = ensure_party(outside.party) if outside.party else None
    identity = ExternalIdentity.objects.filter(provider=provider, subject=outside.subject).first()
    values = {"name": outside.name, "id_no": outside.id_no, "mobile": outside.mobile, "party": party}
    if identity:
        person = identity.person
        for key, value in values.items():
            setattr(person, key, value)
        person.save()
        return person
    username = f"{provider}:{outside.subject}".lower()
    person, _ = Person.objects.update_or_create(
        username=username, defaults={"kind": PersonKind.APPLICANT, **values}
    )
    ExternalIdentity.objects.get_or_create(provider=provider, subject=outside.subject, person=person)
    return person

"""Set up organisations, roles and staff: what an installation needs before anybody signs in."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from minfang.kernel.iam import names, seals
from minfang.kernel.iam.models import (
    Family,
    GrantRequest,
    Organization,
    Person,
    PersonKind,
    RequestState,
    Role,
    RoleGrant,
)

DEFINITIONS = Path(__file__).parent.parent / "definitions"


@transaction.atomic
def load_roles() -> int:
    """Bring the role table in line with the role definitions; returns how many roles there are."""
    roles = tomllib.loads((DEFINITIONS / "roles.toml").read_text())["role"]
    for role in roles:
        values = {
            "name": role["name"],
            "permissions": role["permissions"],
            "family": role.get("family", Family.BUSINESS),
        }
        stored = Role.objects.filter(code=role["code"]).first()
        if stored is not None and not stored.seal_holds():
            seals.alarm(stored)
            Role(pk=stored.pk, code=role["code"], **values).reseal()
        else:
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
    """Create or correct a member of staff with the roles they hold for their office.

    For setting up: an account changed past the product is left as it is, with an alarm, and so are roles that
    two security administrators have changed since.
    """
    stored = Person.objects.filter(username=names.normal(username)).first()
    if stored is not None and not stored.seal_holds():
        seals.alarm(stored)
        return stored
    person, _ = Person.objects.update_or_create(
        username=names.normal(username),
        defaults={
            "name": name,
            "kind": PersonKind.STAFF,
            "organization": organization,
            "title": title,
            "mobile": mobile,
        },
    )
    decided = GrantRequest.objects.filter(person=person, state=RequestState.APPROVED)
    for code in [] if decided.exists() else roles:
        RoleGrant.objects.get_or_create(
            person=person, role=Role.objects.get(code=code), organization=organization.office
        )
    return person

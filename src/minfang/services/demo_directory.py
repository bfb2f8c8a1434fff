"""The demo environment's accounts, as data."""

import tomllib
from functools import lru_cache
from typing import Any

from minfang.kernel.iam.models import Organization
from minfang.services.matters import DEFINITIONS
from minfang.services.schemas import DemoAccount


@lru_cache(maxsize=1)
def entries() -> list[dict[str, Any]]:
    """The rows of the account file."""
    return list(tomllib.loads((DEFINITIONS / "demo_accounts.toml").read_text())["account"])


def _place(organization: Organization) -> str:
    """An office by its name, a section with the office it belongs to."""
    office = organization.office
    return (
        organization.name
        if office.pk == organization.pk
        else f"{office.short_name} · {organization.short_name}"
    )


def accounts() -> list[DemoAccount]:
    """Accounts with the office or company they belong to."""
    names = {row.code: _place(row) for row in Organization.objects.select_related("parent")}
    return [
        DemoAccount(
            username=row["username"],
            name=row["name"],
            role_label=row["role_label"],
            face=row["face"],
            place=row.get("place") or names.get(row.get("organization", ""), ""),
        )
        for row in entries()
    ]
